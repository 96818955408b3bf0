# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The one stateful object: frames in, decisions out, taught while it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.config.live_settings import LiveSettings, check_live
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.config.templates import check_templates
from vfrt_ros.core.encoders import Encoders, load_encoders
from vfrt_ros.core.factory import encoder_settings, open_memory
from vfrt_ros.core.frames.observe import check_frame, look
from vfrt_ros.core.frames.regions.crop import crop
from vfrt_ros.core.frames.regions.finder import FoundRegions
from vfrt_ros.core.frames.regions.follow import crops_of
from vfrt_ros.core.memory.absorb import absorb, prepare_merge
from vfrt_ros.core.memory.bundle import Bundle
from vfrt_ros.core.memory.limits import check_examples
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.merge import Merge, Merged
from vfrt_ros.core.objects_in_view import ObjectsInView
from vfrt_ros.core.registration import Registration, store_selected
from vfrt_ros.core.report.audit import Finding, audit
from vfrt_ros.core.report.explanation import Explanation
from vfrt_ros.core.report.label_summary import LabelSummary, summarise
from vfrt_ros.core.rule_in_force import RuleInForce, RuleMaker
from vfrt_ros.core.scoring.rule import FusionRule
from vfrt_ros.core.types.decision import Decision
from vfrt_ros.core.types.errors import NoFramesError
from vfrt_ros.core.types.example import Prompts, Step
from vfrt_ros.core.types.job import begin_commit
from vfrt_ros.core.types.label import check_images, check_label, check_prompts, check_room, stored_label
from vfrt_ros.core.types.observation import Observation
from vfrt_ros.core.types.recognised_object import RecognisedObject, SeenRegion
from vfrt_ros.core.types.region import Box, Region
from vfrt_ros.core.view import View
from vfrt_ros.core.views import Views

Frame = npt.NDArray[np.uint8]


class Recogniser:
    """Recognises frames against a memory of examples and text prompts, and learns from them.

    **Without settings it uses the robot's own memory**, `$ROS_HOME/vfrt/<encoder>/memory.db`: it keeps that to
    itself while it is open and writes what is taught into it. `memory_path=":memory:"` leaves no trace.

    Threads: every public method may be called from any thread; the memory's lock covers memory, rule and views.
    Encoding a frame (`observe`) runs outside the lock; encoding prompts runs inside it.

    Args:
        settings: Checked parameters.
        encoders: Loaded encoders; None loads what the settings say.
        memory: A memory of these encoders, which `close` closes; None opens the one that the settings say.

    Attributes:
        memory: What was taught. What needs neither a frame nor an encoder, nor could pass a limit, is asked of it:
            `forget`, `undo`, `redo`.
        live: The holder of the settings in force.

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
        maker = RuleMaker(self.encoders)
        maker.prepare(settings, initial)
        self._views = Views(settings.cameras)
        for view in self._views:
            view.find_by(view.finder_for(settings.regions))
        self.live = LiveSettings(settings)
        self.memory = memory if memory is not None else open_memory(settings, self.encoders)
        self._lock = self.memory.lock
        try:
            self.memory.add_initial_prompts(initial)
            self._rule = RuleInForce(maker, self.memory, self.live)
        except BaseException:
            if memory is None:
                self.memory.abandon()
            raise
        self.memory.listen(self._follow, check=self._rule.check, rebuild=self._rebuild)

    @property
    def settings(self) -> RecognitionSettings:
        """The settings in force."""
        return self.live.now

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
        # Before they are encoded, which leaves nothing of a frame in the processor's caches.
        looks = [look(frame) for frame in frames]
        rgb = [cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) for frame in frames]
        embeddings = self.encoders.backbone.encode_images(rgb)
        return [one.encoded(row, stamp) for one, row, stamp in zip(looks, embeddings, stamps, strict=True)]

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
            return view.decide(observation, self._rule.now, self.memory, self.settings)

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
            return answer(seen, stamp, self._rule.now, self.memory, self.settings)

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
                found = alone.decide(seen, None, self._rule.now, self.memory, self.settings)
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
        view, count = self.view(camera), frames or self.settings.register_frames
        self._check_images(images)
        pointed = box if not track and not len(images) else None
        crops = images if pointed is None else self._crops(view, pointed, count)
        encoded = self.observe_all(crops, [None] * len(crops)) if len(crops) else []
        with self._lock:
            observations = encoded or (view.objects.recent(track, count) if track else view.newest(count))
            done = store_selected(self.memory, label, observations, negative=negative, limits=self.settings)
            if pointed is not None:
                view.objects.search.taught(pointed)
        return done

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

    def relabel(self, label: str, new_label: str) -> Step:
        """Rename or merge a label; see `Memory.relabel`.

        Raises:
            RequestError: Both names are the same, the new one is not a valid label, or the two together would have more
                examples than the setting `max_examples`.
            UnknownLabelError: There is no such label.
            MemoryStoreError: It could not be written; nothing changed.
        """
        with self._lock:
            memory = self.memory
            new_label = check_label(new_label, length=self.settings.max_label_length)
            label = stored_label(label, memory.labels)
            if label != new_label and new_label in memory.labels:
                together = len(memory.examples(label)) + len(memory.examples(new_label))
                check_examples(new_label, together, most=self.settings.max_examples)
            return memory.relabel(label, new_label)

    def prepare_merge(self, bundle: Bundle, source: str) -> Merge:
        """Work out what `absorb` would add, and encode its prompts, while frames come in between.

        Args:
            bundle: What to add.
            source: Where it comes from, in words.

        Raises:
            RequestError: It is another encoder's, or would pass a limit.
            EncoderError: The prompts cannot be encoded.
        """
        prepared = prepare_merge(self.memory, bundle, source, self.settings)
        self._rule.encode_ahead(prepared.prompts)
        return prepared

    def absorb(self, prepared: Merge) -> Merged:
        """Add what another memory learned; see `vfrt_ros.core.memory.absorb`."""
        return absorb(self.memory, prepared, self.settings)

    def audit(self) -> list[Finding]:
        """Look through the memory for what makes recognition worse; see `vfrt_ros.core.report.audit`."""
        with self._lock:
            return audit(self.memory.examples())

    def labels(self) -> list[LabelSummary]:
        """A summary of each label, sorted by label."""
        with self._lock:
            templates = len(self.settings.prompt_templates)
            return summarise(self.memory, self._rule.now.thresholds(), templates)

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
            RequestError: The label is not valid, there is no such camera, or no object in view has the track.
            UnknownLabelError: There is no such label.
        """
        with self._lock:
            return self.view(camera).explanation(label, self.memory, self._rule.last.weights, track)

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
            put_rule_in_force = self._rule.prepare(settings)
            finders = [(view, view.finder_for(settings.regions)) for view in self._views]
            weights = self._rule.last.weights
            decisions = [(view, view.last_with(weights)) for view in self._views]
            begin_commit()
            put_rule_in_force()
            self.live.put_in_force(settings)
            for view, finder in finders:
                view.find_by(finder)
            for view, last in decisions:
                view.forget_the_past(last=last)

    @property
    def rule(self) -> FusionRule:
        """The rule in force, to be read only: for who measures it."""
        with self._lock:
            return self._rule.now

    def settle(self) -> None:
        """Wait until everything taught so far is in force in full; no frame waits for that, a measurement may."""
        with self._lock:
            self._rule.now.settle()

    def restart_view(self, camera: str = "") -> None:
        """Forget a camera's recent frames and the past of its smoothing: what comes next is another scene."""
        with self._lock:
            self.view(camera).restart()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Make no more thumbnails and close the memory's file; the recogniser is not used afterwards."""
        for view in self._views:
            view.close()
        self.memory.close()

    def _check_images(self, images: Sequence[Frame]) -> None:
        for frame in images:
            check_frame(frame)
        sizes = [(frame.shape[1], frame.shape[0]) for frame in images]
        check_images(sizes, most=self.settings.max_images, megapixels=self.settings.max_request_megapixels)

    def _crops(self, view: View, box: Box, count: int) -> list[Frame]:
        """Cuts around what a box of the newest frame shows, in that and in the frames before, oldest first.

        Raises:
            RequestError: The box does not lie in the frame.
            NoFramesError: No frame has been seen yet.
        """
        with self._lock:
            frames = view.pictures.newest(count)
        if not frames:
            raise NoFramesError("There is no recent frame to learn from: is the camera running?")
        return crops_of(frames, box)

    def _follow(self, step: Step) -> None:
        self._views.forget_the_past()
        self._rule.follow(step)

    def _rebuild(self) -> None:
        self._views.forget_the_past()
        self._rule.rebuild()
