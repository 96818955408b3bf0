# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The one stateful object: frames in, decisions out, taught while it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from vfrt_ros.core.frames.regions.crop import crop
from vfrt_ros.core.frames.regions.finder import FoundRegions
from vfrt_ros.core.frames.regions.follow import crops_of
from vfrt_ros.core.memory.bundle import Bundle
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.merge import Merge
from vfrt_ros.core.objects_in_view import ObjectsInView
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
from vfrt_ros.core.types.recognised_object import RecognisedObject, SeenRegion
from vfrt_ros.core.types.region import Box, Region
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
        for view in self._views:
            view.find_by(view.finder_for(settings.regions))
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
        return self.decide(self.observe(bgr, stamp), camera, bgr)

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

    def repeat(self, bgr: Frame, stamp: float | None = None, camera: str = "") -> Observation | None:
        """The last observation of a camera with a new stamp, where the frame shows what that one showed.

        Args:
            bgr, stamp, camera: As for `recognise`.

        Returns:
            For `decide`, as if the frame had been encoded; None = it has to be.

        Raises:
            FrameError: Not an (H, W, 3) uint8 array.
            RequestError: There is no such camera.
        """
        check_frame(bgr)
        with self._lock:
            return self.view(camera).repeats.find(bgr, stamp)

    def decide(self, observation: Observation, camera: str = "", bgr: Frame | None = None) -> Decision:
        """Say what an observation shows, as the next one of its camera in time, and keep it for registering.

        Args:
            observation: Of the frame.
            camera: Which took it; empty = the only one.
            bgr: The frame, not changed afterwards, so that a part of it can be registered; None = it cannot.
        """
        with self._lock:
            view = self.view(camera)
            view.add(observation)
            if bgr is not None:
                view.pictures.add(bgr)
            return view.decide(observation, self._current_rule(), self.memory, self.settings)

    def find_regions(self, bgr: Frame, stamp: float | None, camera: str = "") -> FoundRegions | None:
        """The regions in a frame that the setting `regions` has looked for; None = it has none looked for.

        Args:
            bgr: (H, W, 3) uint8, the next one of its camera.
            stamp: Its seconds.
            camera: Which took it; empty = the only one.
        """
        return self.view(camera).finder.find(bgr, stamp, self.settings.max_regions)

    def observe_regions(
        self, bgr: Frame, regions: Sequence[Region], stamp: float | None = None
    ) -> list[SeenRegion]:
        """Encode regions of a frame; it changes nothing.

        Args:
            bgr: (H, W, 3) uint8.
            regions: Cut to the frame, as `check_regions` gives them.
            stamp: Seconds of the frame.

        Raises:
            FrameError: Not an (H, W, 3) uint8 array.
        """
        check_frame(bgr)
        if not regions:
            return []
        crops = [crop(bgr, region.box) for region in regions]
        observations = self.observe_all(crops, [stamp] * len(crops))
        return [SeenRegion(*pair) for pair in zip(regions, observations, strict=True)]

    def decide_objects(
        self, seen: Sequence[SeenRegion], stamp: float | None, camera: str = "", *, search: bool = False
    ) -> list[RecognisedObject]:
        """Say what the regions of a frame show, as the next ones of its camera in time.

        Args:
            seen: Its regions, as `observe_regions` gave them.
            stamp: Seconds of the frame; None = 1/30 s after the last.
            camera: Which took it; empty = the only one.
            search: The regions are windows: give those that show something known, the best one of each place.

        Returns:
            One for each region, in order, or with `search` at most `max_regions`, best first.
        """
        with self._lock:
            objects = self.view(camera).objects
            answer = objects.decide_windows if search else objects.decide
            return answer(seen, stamp, self._current_rule(), self.memory, self.settings)

    def recognise_pictures(
        self, pictures: Sequence[Frame], regions: Sequence[Sequence[Region]] = ()
    ) -> list[list[RecognisedObject]]:
        """Say what given pictures show, each by itself: nothing is kept of them.

        Args:
            pictures: (H, W, 3) uint8 BGR each.
            regions: Of each picture; empty, or none of a picture = the whole picture is one object.

        Raises:
            FrameError: A picture is not an (H, W, 3) uint8 array.
        """
        wanted = [list(some) for some in regions] or [[] for _ in pictures]
        answers = []
        for picture, some in zip(pictures, wanted, strict=True):
            check_frame(picture)
            whole = Region(Box(0, 0, picture.shape[1], picture.shape[0]))
            seen = self.observe_regions(picture, some)
            seen = seen or [SeenRegion(whole, self.observe(picture))]
            alone = ObjectsInView()
            with self._lock:
                found = alone.decide(seen, None, self._current_rule(), self.memory, self.settings)
            answers.append([replace(each, track=0) for each in found])
        return answers

    def register(
        self,
        label: str,
        *,
        frames: int = 0,
        images: Sequence[Frame] = (),
        negative: bool = False,
        camera: str = "",
        box: Box | None = None,
        track: int = 0,
    ) -> Registration:
        """Learn a label from the newest frames of the scene in view, from a part of them, or from given pictures.

        Args:
            label: What they show.
            frames: How many recent frames; 0 = the setting `register_frames`. Not used with `images`.
            images: (H, W, 3) uint8 BGR each; empty = recent frames.
            negative: They do *not* show the label.
            camera: Whose recent frames; as for `view`.
            box: The part of the newest frame that shows it, which is followed back through the frames before; None =
                all of them. Not used with `images`.
            track: The newest crops of this object, instead of `box`; 0 = of none.

        Returns:
            What was stored, what was left out and why, and the labels that have the same scene already.

        Raises:
            RequestError: The label is not a valid label, a limit of the settings is passed, there is no such camera,
                the box does not lie in the frame, or no object in view has the track.
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
        count = frames or self.settings.register_frames
        pointed = box if not track and not len(images) else None
        crops = self._crops(view, pointed, count) if pointed is not None else images
        given = self.observe_all(crops, [None] * len(crops)) if len(crops) else None
        with self._lock:
            newest = view.objects.recent(track, count) if track and given is None else view.newest(count)
            observations = given or newest
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
            if pointed is not None:
                view.objects.search.taught(pointed)
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

    def explain(self, label: str = "", camera: str = "", track: int = 0) -> list[str]:
        """Say in words how the last frame was decided; arguments and errors as for `explanation`."""
        return list(self.explanation(label, camera, track).lines)

    def explanation(self, label: str = "", camera: str = "", track: int = 0) -> Explanation:
        """Which examples, prompts, weights and threshold decided the last frame, by the settings of that frame.

        Args:
            label: Explain the score of this label; empty = of the best one.
            camera: Whose last frame; as for `view`.
            track: Explain this object; 0 = the whole frame.

        Raises:
            NoFramesError: No frame was recognised since the last change.
            RequestError: The label is no label, there is no such camera, or no object in view has the track.
            UnknownLabelError: There is no such label.
        """
        with self._lock:
            return self.view(camera).explanation(label, self.memory, self._rule.weights, track)

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
            finders = [(view, view.finder_for(settings.regions)) for view in self._views]
            answered = [(view, view.answered_with(self._rule.weights)) for view in self._views]
            begin_commit()
            if prototypes is not None:
                rule.set_prototypes(*prototypes)
            self._rule = rule
            self.live.put_in_force(settings)
            for view, finder in finders:
                view.find_by(finder)
            for view, last in answered:
                view.forget_the_past(answered=last)

    @property
    def rule(self) -> FusionRule:
        """The rule in force, to be read only: for who measures it."""
        with self._lock:
            return self._current_rule()

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

    def _crops(self, view: View, box: Box, count: int) -> list[Frame]:
        """What a box of the newest frame shows, in that and in the frames before, oldest first.

        Raises:
            RequestError: The box does not lie in the frame.
            NoFramesError: No frame has been seen yet.
        """
        with self._lock:
            frames = view.pictures.newest(count)
        if not frames:
            raise NoFramesError("There is no recent frame to learn from: is the camera running?")
        return crops_of(frames, box)

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
