"""The one stateful object: frames in, decisions out, taught while it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.decision import Decision, decide
from vfrt_ros.core.encoders import Encoders, load_encoders
from vfrt_ros.core.errors import NoFramesError, UnknownLabelError, nearest
from vfrt_ros.core.explanation import Answered, Explanation, explain
from vfrt_ros.core.fusion import build_rule
from vfrt_ros.core.label_summary import LabelSummary, summarise
from vfrt_ros.core.live_settings import check_live
from vfrt_ros.core.memory.bundle import Bundle
from vfrt_ros.core.memory.example import Change, Prompts, Step
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.merge import Merge
from vfrt_ros.core.observation import Observation, RecentFrames, check_frame, observe
from vfrt_ros.core.opening import encoder_settings, open_memory
from vfrt_ros.core.prompts import check_templates
from vfrt_ros.core.prototypes import Prototypes
from vfrt_ros.core.registration import Registration, examples_of, find_conflicts, select
from vfrt_ros.core.request import check_images, check_label, check_prompts, check_room
from vfrt_ros.core.scoring.evidence import FusionRule
from vfrt_ros.core.settings import RecognitionSettings
from vfrt_ros.core.smoothing import Smoother, favour
from vfrt_ros.core.taught import Taught
from vfrt_ros.core.thumbnailer import Thumbnailer

Frame = npt.NDArray[np.uint8]
PROMPTS_AT_ONCE = 4
"""Labels of an import whose prompts are encoded between two frames."""


class Recogniser(Taught):
    """Recognises frames against a memory of examples and text prompts, and learns from them.

    Threads: every public method may be called from any thread; one lock covers memory, rule and smoothing.
    Encoding a frame (`observe`) runs outside the lock; encoding prompts runs inside it.

    Args:
        settings: Checked parameters.
        encoders: Loaded encoders; None loads what the settings say.
        memory: A memory of these encoders; None opens the one that the settings say.

    Raises:
        EncoderError: The encoder cannot be had.
        MemoryStoreError: The memory cannot be used with this encoder.

    >>> from vfrt_ros.core.settings import RecognitionSettings
    >>> settings = RecognitionSettings(backbone="fake", memory_path=":memory:", init_labels=("red", "blue"))
    >>> red = np.full((64, 64, 3), (0, 0, 255), np.uint8)
    >>> Recogniser(settings).recognise(red).candidates[0].label
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
        np.random.seed(settings.seed)
        self.encoders = encoders or load_encoders(**encoder_settings(settings))
        super().__init__(settings, memory or open_memory(settings, self.encoders))
        self.memory.add_initial_prompts(
            check_label(label, length=self.settings.max_label_length) for label in self.settings.init_labels
        )
        self._prototypes = Prototypes(self.encoders.text)
        self._smoother = Smoother()
        self._held: str | None = None
        self._answered: Answered | None = None
        self._recent = RecentFrames()
        self._thumbnailer = Thumbnailer()
        self._rule = self._build_rule()
        self.memory.listen(self._follow)

    def recognise(self, bgr: Frame, stamp: float | None = None) -> Decision:
        """Say what a frame shows.

        Args:
            bgr: (H, W, 3) uint8.
            stamp: Seconds, for smoothing over time; None = 1/30 s after the last.

        Raises:
            FrameError: It is no such array.
        """
        return self.decide(self.observe(bgr, stamp))

    def observe(self, bgr: Frame, stamp: float | None = None) -> Observation:
        """Encode a frame; it changes nothing. Arguments and errors as for `recognise`."""
        return self._observe_all([bgr], stamp)[0]

    def decide(self, observation: Observation) -> Decision:
        """Say what an observation shows, as the next one in time, and keep it for registering."""
        with self._lock:
            if self._recent.add(observation):
                self._forget_the_past()
                self._thumbnailer.clear()
            evidence = self._rule.evidence(observation.embedding)
            evidence = self._smoother.smooth(evidence, self.settings.temporal_ema, observation.stamp)
            scores = favour(self._rule.conclude(evidence), self._held)
            decision = decide(
                evidence,
                scores,
                self.memory.count,
                k_candidates=self.settings.k_candidates,
                version=self.memory.version,
            )
            self._answered = Answered(observation, evidence, scores, decision)
            self._held = decision.label if decision.known and self._holds() else None
            self._thumbnailer.expect(observation)
            return decision

    def register(
        self, label: str, *, frames: int = 0, images: Sequence[Frame] = (), negative: bool = False
    ) -> Registration:
        """Learn a label from the newest frames of the scene in view, or from given pictures.

        Args:
            label: What they show.
            frames: How many recent frames; 0 = the setting `register_frames`. Not used with `images`.
            images: (H, W, 3) uint8 BGR each; empty = recent frames.
            negative: They do *not* show the label.

        Returns:
            What was stored, what was left out and why, and the labels that have the same scene already.

        Raises:
            RequestError: The label is no label, or a limit of the settings is passed.
            FrameError: A picture is none.
            NoFramesError: No frame has been seen yet.
            AllRejectedError: No frame passed the quality gate; nothing changed.
            MemoryStoreError: It could not be written; nothing changed.
        """
        label = check_label(label, length=self.settings.max_label_length)
        for frame in images:
            check_frame(frame)
        sizes = [(frame.shape[1], frame.shape[0]) for frame in images]
        check_images(sizes, most=self.settings.max_images, megapixels=self.settings.max_request_megapixels)
        given = self._observe_all(images, None) if len(images) else None
        with self._lock:
            observations = given or self._recent.newest(frames or self.settings.register_frames)
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
            RequestError: The lists do not match, or a label is none.
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
            self._prototypes.embed(checked, self.settings.prompt_templates)
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
            some = {label: prepared.prompts[label] for label in labels[first : first + PROMPTS_AT_ONCE]}
            with self._lock:
                self._prototypes.embed(some, self.settings.prompt_templates)
        return prepared

    def labels(self) -> list[LabelSummary]:
        """What is known of each label, sorted by label."""
        with self._lock:
            templates = len(self.settings.prompt_templates)
            return summarise(self.memory, self._rule.thresholds(), templates)

    def explain(self, label: str = "") -> list[str]:
        """Say in words how the last frame was decided; arguments and errors as for `explanation`."""
        return list(self.explanation(label).lines)

    def explanation(self, label: str = "") -> Explanation:
        """Which examples, prompts, weights and threshold decided the last frame.

        Args:
            label: Explain the score of this label; empty = of the best one.

        Raises:
            NoFramesError: No frame was recognised since the last change.
            UnknownLabelError: There is no such label.
        """
        with self._lock:
            if self._answered is None:
                raise NoFramesError("No frame was recognised since the last change: is the camera running?")
            known = self._answered.evidence.labels
            if label and label not in known:
                raise UnknownLabelError(f"Unknown label '{label}'.{nearest(label, known)}")
            best = label or self._answered.decision.label
            weights = self._rule.weights(best) if best in known else {}
            return explain(self._answered, self.memory, self.settings, label, weights)

    def configure(self, **changes: Any) -> None:
        """Set live parameters, all or none.

        Raises:
            SettingError: A name or value is wrong, or the parameter can only be set at the start.
        """
        settings = check_live(self.settings, changes)
        with self._lock:
            before, self.settings = self.settings, settings
            if settings.fuse != before.fuse:
                self._rule = self._build_rule()
            self._rule.settings = settings
            if settings.prompt_templates != before.prompt_templates:
                self._refresh_prototypes()

    def restart_view(self) -> None:
        """Forget the recent frames and the past of the smoothing: what comes next is another scene."""
        with self._lock:
            self._recent.clear()
            self._thumbnailer.clear()
            self._forget_the_past()

    def close(self) -> None:
        """As `Taught`'s; no more thumbnails are made."""
        self._thumbnailer.clear()
        super().close()

    def _observe_all(self, frames: Sequence[Frame], stamp: float | None) -> list[Observation]:
        for frame in frames:
            check_frame(frame)
        rgb = [cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) for frame in frames]
        embeddings = self.encoders.backbone.encode_images(rgb)
        return [observe(frame, row, stamp) for frame, row in zip(frames, embeddings, strict=True)]

    def _build_rule(self) -> FusionRule:
        rule = build_rule(self.settings, self.memory, self.encoders)
        rule.apply(Change(added=tuple(self.memory.examples())))
        self._rule = rule
        self._refresh_prototypes()
        return rule

    def _refresh_prototypes(self) -> None:
        labels, vectors = self._prototypes.embed(self.memory.prompts, self.settings.prompt_templates)
        self._rule.set_prototypes(labels, vectors)
        self._forget_the_past()

    def _follow(self, step: Step) -> None:
        self._rule.apply(step.examples)
        self._forget_the_past()
        if step.prompts.after:
            self._refresh_prototypes()

    def _holds(self) -> bool:
        """Whether there is hysteresis: not with smoothing off, nor under the plain rule, which has none."""
        return self.settings.temporal_ema > 0 and self.settings.fuse == "calibrated"

    def _forget_the_past(self) -> None:
        """What comes next owes nothing to what was before: no smoothing, no hysteresis."""
        self._smoother.reset()
        self._held = None
        self._answered = None
