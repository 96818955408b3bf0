# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The one stateful object: frames in, decisions out, taught while it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.config.live_settings import check_live
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.config.templates import check_templates
from vfrt_ros.core.encoders import Encoders, load_encoders
from vfrt_ros.core.factory import encoder_settings, open_memory
from vfrt_ros.core.frames.observe import check_frame, observe
from vfrt_ros.core.memory.bundle import Bundle
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.merge import Merge
from vfrt_ros.core.registration import Registration, examples_of, find_conflicts, select
from vfrt_ros.core.report.explanation import Explanation
from vfrt_ros.core.report.label_summary import LabelSummary, summarise
from vfrt_ros.core.scoring.build_rule import Rules
from vfrt_ros.core.scoring.prototypes import Prototypes
from vfrt_ros.core.scoring.rule import FusionRule
from vfrt_ros.core.taught import Taught
from vfrt_ros.core.types.decision import Decision
from vfrt_ros.core.types.errors import NoFramesError
from vfrt_ros.core.types.example import Change, Prompts, Step
from vfrt_ros.core.types.job import begin_commit
from vfrt_ros.core.types.label import check_images, check_label, check_prompts, check_room
from vfrt_ros.core.types.observation import Observation
from vfrt_ros.core.view import View
from vfrt_ros.core.views import Views

Frame = npt.NDArray[np.uint8]
PROMPTS_AT_ONCE = 4
"""Labels of an import whose prompts are encoded between two frames."""


class Recogniser(Taught):
    """Recognises frames against a memory of examples and text prompts, and learns from them.

    **Without settings it uses the robot's own memory**, `$ROS_HOME/vfrt/<encoder>/memory.db`: it keeps that to
    itself while it is open and writes what is taught into it. `memory_path=":memory:"` leaves no trace.

    Threads: every public method may be called from any thread; one lock covers memory, rule and views.
    Encoding a frame (`observe`) runs outside the lock; encoding prompts runs inside it.

    Args:
        settings: Checked parameters.
        encoders: Loaded encoders; None loads what the settings say.
        memory: A memory of these encoders, which `close` closes; None opens the one that the settings say.

    Raises:
        EncoderError: The encoder cannot be had.
        MemoryStoreError: The memory cannot be used with this encoder.
        SettingError: `prompt_templates` or `memory_index` cannot be used.
        RequestError: An initial label is not a valid label, or the memory holds more than the rule can.
        VfrtError: Whichever it is, nothing is left behind, and the same can be tried again.

    >>> from vfrt_ros.core.config.settings import RecognitionSettings
    >>> settings = RecognitionSettings(backbone="fake", memory_path=":memory:", init_labels=("red", "blue"))
    >>> red = np.full((64, 64, 3), (0, 0, 255), np.uint8)
    >>> with Recogniser(settings) as recogniser:
    ...     recogniser.recognise(red).candidates[0].label
    'red'
    """

    def __init__(
        self,
        settings: RecognitionSettings | None = None,
        *,
        encoders: Encoders | None = None,
        memory: Memory | None = None,
    ) -> None:
        settings = settings or RecognitionSettings()
        check_templates(settings.prompt_templates)
        initial = [check_label(label, length=settings.max_label_length) for label in settings.init_labels]
        self.encoders = encoders if encoders is not None else load_encoders(**encoder_settings(settings))
        self._rules = Rules(self.encoders)
        self._rules.prepare(settings.fuse)
        self._prototypes = Prototypes(self.encoders.text)
        self._prototypes.embed(dict.fromkeys(initial, ()), settings.prompt_templates)
        self._views = Views(settings.cameras)
        self._rule_is_stale = False
        super().__init__(settings, memory if memory is not None else open_memory(settings, self.encoders))
        try:
            self.memory.add_initial_prompts(initial)
            self._rule = self._make_rule(settings)
        except BaseException:
            if memory is None:
                self.memory.abandon()
            raise
        self.memory.listen(self._follow, check=self._check_step, rebuild=self._rebuild_rule)

    def view(self, camera: str = "") -> View:
        """All that belongs to one camera alone.

        Args:
            camera: One of the setting `cameras`; empty = the only one, else the first.

        Raises:
            RequestError: There is no such camera.
        """
        return self._views.of(camera)

    def recognise(self, bgr: Frame, stamp: float | None = None, camera: str = "") -> Decision:
        """Say what a frame shows.

        Args:
            bgr: (H, W, 3) uint8.
            stamp: Seconds, for smoothing over time; None = 1/30 s after the last.
            camera: Which took it; as for `view`.

        Raises:
            FrameError: Not an (H, W, 3) uint8 array.
            RequestError: There is no such camera.
        """
        return self.decide(self.observe(bgr, stamp), camera)

    def observe(self, bgr: Frame, stamp: float | None = None) -> Observation:
        """Encode a frame; it changes nothing. Arguments and errors as for `recognise`."""
        return self.observe_all([bgr], [stamp])[0]

    def observe_all(self, frames: Sequence[Frame], stamps: Sequence[float | None]) -> list[Observation]:
        """Encode frames together, which is faster where `encoders.batches`; arguments and errors as for `recognise`."""
        for frame in frames:
            check_frame(frame)
        rgb = [cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) for frame in frames]
        embeddings = self.encoders.backbone.encode_images(rgb)
        return [
            observe(frame, row, stamp) for frame, row, stamp in zip(frames, embeddings, stamps, strict=True)
        ]

    def decide(self, observation: Observation, camera: str = "") -> Decision:
        """Say what an observation shows, as the next one of its camera in time, and keep it for registering."""
        with self._lock:
            view = self.view(camera)
            view.add(observation)
            return view.decide(observation, self._current_rule(), self.memory, self.settings)

    def register(
        self,
        label: str,
        *,
        frames: int = 0,
        images: Sequence[Frame] = (),
        negative: bool = False,
        camera: str = "",
    ) -> Registration:
        """Learn a label from the newest frames of the scene in view, or from given pictures.

        Args:
            label: What they show.
            frames: How many recent frames; 0 = the setting `register_frames`. Not used with `images`.
            images: (H, W, 3) uint8 BGR each; empty = recent frames.
            negative: They do *not* show the label.
            camera: Whose recent frames; as for `view`.

        Returns:
            What was stored, what was left out and why, and the labels that have the same scene already.

        Raises:
            RequestError: The label is not a valid label, a limit of the settings is passed, or there is no such camera.
            FrameError: A picture is not an (H, W, 3) uint8 array.
            NoFramesError: No frame has been seen yet.
            AllRejectedError: No frame passed the quality gate; nothing changed.
            MemoryStoreError: It could not be written; nothing changed.
        """
        label = check_label(label, length=self.settings.max_label_length)
        view = self.view(camera)
        for frame in images:
            check_frame(frame)
        sizes = [(frame.shape[1], frame.shape[0]) for frame in images]
        check_images(sizes, most=self.settings.max_images, megapixels=self.settings.max_request_megapixels)
        given = self.observe_all(images, [None] * len(images)) if len(images) else None
        with self._lock:
            observations = given or view.newest(frames or self.settings.register_frames)
            check_room(self.memory.labels, [label], most=self.settings.max_labels)
            self._check_file()
            if not observations:
                raise NoFramesError("There is no recent frame to learn from: is the camera running?")
            judged = select(
                observations,
                label,
                self.memory.examples(label),
                negative=negative,
                most=self.settings.max_examples,
            )
            fresh = examples_of(judged)
            conflicts = () if negative else find_conflicts(self.memory, label, fresh)
            step = self.memory.register(label, fresh, negative=negative)
        return Registration.of(judged, step, conflicts)

    def set_prompts(
        self, labels: Sequence[str], prompts: Sequence[str] = (), *, replace: bool = False
    ) -> Step:
        """Describe labels in words.

        Args:
            labels: One for each prompt; a label that stands twice gets both prompts.
            prompts: As many as labels, or none: then the templates are used. An empty one likewise.
            replace: Labels that are not named lose their prompts.

        Raises:
            RequestError: The lists do not match, or a label is not valid.
            EncoderError: A prompt cannot be encoded; nothing changed.
            MemoryStoreError: It could not be written; nothing changed.
        """
        checked: Mapping[str, Prompts] = check_prompts(
            labels,
            prompts,
            replace=replace,
            length=self.settings.max_label_length,
            most=self.settings.max_prompts,
        )
        with self._lock:
            check_room(self.memory.labels, checked, most=self.settings.max_labels)
            return self.memory.set_prompts(checked, replace_all=replace)

    def prepare_merge(self, bundle: Bundle, source: str) -> Merge:
        """As `Taught.prepare_merge`; new prompts are encoded, some at a time, so that frames come in between.

        Raises:
            RequestError: It is another encoder's, or would pass a limit.
            EncoderError: The prompts cannot be encoded.
        """
        prepared = super().prepare_merge(bundle, source)
        labels = list(prepared.prompts)
        for first in range(0, len(labels), PROMPTS_AT_ONCE):
            some = {label: prepared.prompts[label] or () for label in labels[first : first + PROMPTS_AT_ONCE]}
            with self._lock:
                self._prototypes.embed(some, self.settings.prompt_templates)
        return prepared

    def labels(self) -> list[LabelSummary]:
        """What is known of each label, sorted by label."""
        with self._lock:
            templates = len(self.settings.prompt_templates)
            return summarise(self.memory, self._current_rule().thresholds(), templates)

    def explain(self, label: str = "", camera: str = "") -> list[str]:
        """Say in words how the last frame was decided; arguments and errors as for `explanation`."""
        return list(self.explanation(label, camera).lines)

    def explanation(self, label: str = "", camera: str = "") -> Explanation:
        """Which examples, prompts, weights and threshold decided the last frame, by the settings of that frame.

        Args:
            label: Explain the score of this label; empty = of the best one.
            camera: Whose last frame; as for `view`.

        Raises:
            NoFramesError: No frame was recognised since the last change.
            RequestError: The label is no label, or there is no such camera.
            UnknownLabelError: There is no such label.
        """
        with self._lock:
            return self.view(camera).explanation(label, self.memory, self._rule.weights)

    def configure(self, **changes: Any) -> None:
        """Set live parameters, all or none: when this returns, they are in force on the next frame.

        Raises:
            SettingError: A name or value is wrong, or the parameter can only be set at the start.
            EncoderError: The prompts cannot be encoded with the new templates, or for the new rule.
            RequestError: The memory holds more than the new rule can.
            AbandonedError: The job that it runs in was given up on meanwhile.
            VfrtError: Whichever it is, nothing changed.
        """
        with self._lock:
            before, settings = self.settings, check_live(self.settings, changes)
            if settings == before:
                return
            rule, prototypes = self._current_rule(), None
            if settings.fuse != before.fuse:
                rule = self._make_rule(settings)
            elif settings.prompt_templates != before.prompt_templates:
                prototypes = self._prototypes.embed(self.memory.prompts, settings.prompt_templates)
            answered = [(view, view.answered_with(self._rule.weights)) for view in self._views]
            begin_commit()
            if prototypes is not None:
                rule.set_prototypes(*prototypes)
            self._rule = rule
            self.live.put_in_force(settings)
            for view, last in answered:
                view.forget_the_past(answered=last)

    def settle(self) -> None:
        """Wait until everything taught so far is in force in full; no frame waits for that, a measurement may."""
        with self._lock:
            self._current_rule().settle()

    def restart_view(self, camera: str = "") -> None:
        """Forget a camera's recent frames and the past of its smoothing: what comes next is another scene."""
        with self._lock:
            self.view(camera).restart()

    def close(self) -> None:
        """As `Taught`'s; no more thumbnails are made."""
        for view in self._views:
            view.close()
        super().close()

    def _make_rule(self, settings: RecognitionSettings) -> FusionRule:
        """A rule that knows all of the memory."""
        prototypes = self._prototypes.embed(self.memory.prompts, settings.prompt_templates)
        rule = self._rules.make(settings, self.memory)
        for examples in self.memory.in_parts():
            known = Change(added=examples)
            rule.check(known)
            rule.apply(known)
        rule.set_prototypes(*prototypes)
        rule.settings = self.live
        return rule

    def _current_rule(self) -> FusionRule:
        """The rule, made anew first where it could not follow a change."""
        if self._rule_is_stale:
            self._rebuild_rule()
        return self._rule

    def _rebuild_rule(self) -> None:
        self._rule_is_stale = True
        self._forget_the_past()
        self._rule = self._make_rule(self.settings)
        self._rule_is_stale = False

    def _check_step(self, step: Step) -> None:
        """Do all that can fail of following a step, before it is made."""
        self._rule.check(step.examples)
        if step.prompts.labels:
            self._prototypes.embed(self.memory.prompts_after(step), self.settings.prompt_templates)

    def _follow(self, step: Step) -> None:
        self._forget_the_past()
        if self._rule_is_stale:
            self._rebuild_rule()
            return
        self._rule.apply(step.examples)
        if step.prompts.labels:
            self._rule.set_prototypes(
                *self._prototypes.embed(self.memory.prompts, self.settings.prompt_templates)
            )

    def _forget_the_past(self) -> None:
        """What comes next owes nothing to what was before, whichever camera shows it."""
        for view in self._views:
            view.forget_the_past()
