# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The whole bar in one run: what is measured, on which data, and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from tools.eval_bar.accuracy import (
    METHODS,
    OURS,
    Setting,
    accuracy_checks,
    clip_checks,
    honest_checks,
    kind_checks,
)
from tools.eval_bar.blank import blank_check
from tools.eval_bar.check import Check
from tools.eval_bar.clip import clip_sets
from tools.eval_bar.digits import digit_features
from tools.eval_bar.exactness import exactness_checks, register_checks, speed_checks
from tools.eval_bar.kinds import of_one_kind
from tools.eval_bar.learning import Stage, learning_checks, learning_curve, mean_curve
from tools.eval_bar.letters import Letters
from tools.eval_bar.objects import object_checks, scene_features
from tools.eval_bar.same_decisions import same_decisions
from tools.eval_bar.space import Space, into_band
from tools.eval_bar.visits import visit_check, visit_features
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders
from vfrt_ros.evaluation.dataset import load_dataset
from vfrt_ros.evaluation.features import Features, embed_dataset
from vfrt_ros.evaluation.outcome import calibration_error, figures_of_all
from vfrt_ros.evaluation.progress import progress_settings
from vfrt_ros.evaluation.run import Outcomes, Plan, RememberingBackbone, run


@dataclass(frozen=True, slots=True)
class Data:
    """A data set and the episodes to do with it.

    Attributes:
        name: For people.
        label_column: Of its `classes.csv`.
        plans: Pairs of ways and shots.
        share: Of the episodes asked for.
        kind_column: If given, the prompts are those of this column, and only labels that share theirs with at least
            two others are in it.
    """

    name: str
    label_column: str
    plans: tuple[tuple[int, tuple[int, ...]], ...]
    share: float = 1.0
    kind_column: str = ""


@dataclass(frozen=True, slots=True)
class BarPlan:
    """The plan of a run: the material that the bar is measured on.

    Attributes:
        folder: Of the data.
        data: The data sets in it, the first being the one for the other points.
        count: Episodes of each setting.
        learned: Labels in the end of the learning curve, and examples of each.
        band: Ways and shots of the comparison with the other space.
        drawn: Ways and shots on digits and letters.
        embeddings: Folder of real CLIP embeddings; None = that part is skipped.
        clip: Ways and shots on them.
        objects: Ways and shots on things in scenes.
        visits: Ways, and visits to each thing, on frames of visits.
        seed: Of all episodes.
        jobs: Processes at once.
    """

    folder: Path
    data: tuple[Data, ...]
    count: int = 60
    learned: tuple[int, int] = (60, 5)
    band: tuple[int, tuple[int, ...]] = (20, (0, 1, 5))
    drawn: tuple[int, tuple[int, ...]] = (6, (5, 10))
    embeddings: Path | None = None
    clip: tuple[int, tuple[int, ...]] = (9, (1, 2, 5, 10))
    objects: tuple[int, tuple[int, ...]] = (20, (5,))
    visits: tuple[int, tuple[int, ...]] = (20, (1, 2, 5))
    seed: int = 0
    jobs: int = 1


GROCERIES = (
    Data("groceries", "label", ((10, (5,)), (20, (0, 1, 2, 5, 10)), (60, (5,)))),
    Data("kinds of groceries", "coarse_label", ((20, (0, 1, 2, 5, 10)),), share=0.5),
    Data("products of one kind", "label", ((15, (1, 2, 5)),), share=0.5, kind_column="coarse_label"),
)
"""81 products whose names say little to the text encoder, the 43 kinds of them, whose names say more, and the 44
products whose kind has three or more, each with the prompt of its kind."""
LEAST_EPISODES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Bar:
    """The outcome of a run.

    Attributes:
        note: Which encoder.
        settings: For the table.
        curve: Of learning.
        space: The other space.
        checks: Every line of the bar.
    """

    note: str
    settings: tuple[Setting, ...]
    curve: tuple[Stage, ...]
    space: Space
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """True where every line is reached."""
        return all(check.passed for check in self.checks)


class Measuring:
    """Measures the bar with one encoder.

    Args:
        plan: What on.
        encoders: Whose space.
        settings: Of the rules, at their defaults but for what names the encoder.
        say: Gets one line as each part begins.
        warn: Gets one line for each picture that cannot be read.
        progress: Show a bar with the time left.
    """

    def __init__(
        self,
        plan: BarPlan,
        encoders: Encoders,
        settings: RecognitionSettings,
        *,
        say: Callable[[str], None],
        warn: Callable[[str], None],
        progress: bool,
    ) -> None:
        self._plan = plan
        self._encoders = replace(encoders, backbone=RememberingBackbone(encoders.backbone))
        self._settings = settings
        self._say, self._warn, self._progress = say, warn, progress

    def bar(self) -> Bar:
        """Measure every point.

        Raises:
            DatasetError: The data are missing or too few.
        """
        plan = self._plan
        sets = [(data, self._features(data)) for data in plan.data]
        settings = [setting for data, features in sets for setting in self._episodes(data, features)]
        space = into_band(sets[0][1])
        band, same = self._other_space(sets[0][0], sets[0][1], space)
        curve = self._curve(sets[0][1])
        promised = self._settings.open_set_threshold
        kinds = {data.name for data in plan.data if data.kind_column}
        checks = accuracy_checks([one for one in settings if one.data not in kinds], promised)
        checks += kind_checks([one for one in settings if one.data in kinds], promised)
        clip = self._clip()
        settings += clip
        checks += clip_checks(clip, promised)
        drawn, blank = self._drawn()
        checks += honest_checks([*band, *drawn], promised) + blank
        checks += [*same, *learning_checks(curve), *self._objects(plan.data[0]), *self._exactness()]
        checks += self._visits(plan.data[0])
        order = sorted(checks, key=lambda check: check.point)
        return Bar(self._encoders.note, tuple(settings), tuple(curve), space, tuple(order))

    def _features(self, data: Data) -> Features:
        dataset = load_dataset(self._plan.folder, seed=self._plan.seed, label_column=data.label_column)
        templates = self._settings.prompt_templates
        features = embed_dataset(
            dataset, self._encoders, templates=templates, warn=self._warn, progress=self._progress
        )[1]
        if not data.kind_column:
            return features
        kinds = load_dataset(self._plan.folder, seed=self._plan.seed, label_column=data.kind_column)
        return of_one_kind(features, dataset, kinds, self._encoders.text, templates)

    def _clip(self) -> list[Setting]:
        """Nothing where there are no embeddings."""
        if self._plan.embeddings is None:
            return []
        (ways, shots), count = self._plan.clip, self._count(0.5)
        found = []
        for one in clip_sets(self._plan.embeddings, self._plan.seed):
            self._say(
                f"points 1 to 3: {one.name}, {ways}-way, {count} episodes of {', '.join(map(str, shots))} shots"
            )
            plan = Plan(METHODS, ways, shots, count, self._plan.seed)
            found += _settings(one.name, plan, one.run(plan, self._settings))
        return found

    def _episodes(self, data: Data, features: Features) -> Iterator[Setting]:
        count = self._count(data.share)
        for ways, shots in data.plans:
            self._say(
                f"points 1 to 3: {data.name}, {ways}-way, {count} episodes of {', '.join(map(str, shots))} shots"
            )
            plan = Plan(METHODS, ways, shots, count, self._plan.seed)
            yield from _settings(data.name, plan, self._run(plan, features))

    def _run(self, plan: Plan, features: Features, space: Space | None = None) -> Outcomes:
        return run(
            plan, features, self._encoders, self._settings, space=space, jobs=self._plan.jobs,
            progress=self._progress,
        )  # fmt: skip

    def _other_space(self, data: Data, features: Features, space: Space) -> tuple[list[Setting], list[Check]]:
        ways, shots = self._plan.band
        self._say(
            f"other space: {data.name}, {ways}-way, cosines shrunk to {space.shrink:.2f} of their width"
        )
        plan = Plan((OURS,), ways, shots, self._count(1 / 3), self._plan.seed)
        own, other = self._run(plan, features), self._run(plan, features, space)
        checks = [
            check
            for count in shots
            for check in same_decisions(f"{ways}-way {count}-shot", own[OURS][count], other[OURS][count])
        ]
        return _settings(f"{data.name} in the other space", plan, other), checks

    def _drawn(self) -> tuple[list[Setting], list[Check]]:
        (ways, shots), templates = self._plan.drawn, self._settings.prompt_templates
        self._say(f"point 3: handwritten digits, {ways}-way")
        plan = Plan((OURS,), ways, shots, self._count(1 / 3), self._plan.seed)
        digits = self._run(plan, digit_features(self._encoders, templates))
        self._say(f"point 3: letters, {ways}-way, other typefaces in each of {self._plan.count} episodes")
        letters = Letters(self._encoders, templates, self._plan.seed)
        whole, with_blank = (self._letters(plan, letters, blank=blank) for blank in (False, True))
        checks = [
            blank_check(f"letters, {ways}-way {count}-shot", whole[OURS][count], with_blank[OURS][count])
            for count in shots
        ]
        return _settings("handwritten digits", plan, digits) + _settings("letters", plan, whole), checks

    def _letters(self, plan: Plan, letters: Letters, *, blank: bool) -> Outcomes:
        """One episode of each choice of typefaces."""
        found: Outcomes = {OURS: {count: [] for count in plan.shots}}
        seeds = range(self._plan.seed, self._plan.seed + self._plan.count)
        for seed in tqdm(seeds, desc="episodes", unit="episode", **progress_settings(self._progress)):
            one = replace(plan, count=1, seed=seed)
            alone = run(one, letters.split(seed, blank=blank), self._encoders, self._settings)
            for count in plan.shots:
                found[OURS][count] += alone[OURS][count]
        return found

    def _curve(self, features: Features) -> list[Stage]:
        most, shots = self._plan.learned
        count = self._count(1 / 3)
        self._say(f"point 4: learning {most} labels one after another, {count} times")
        curves = learning_curve(
            features,
            self._encoders,
            self._settings,
            most=most,
            shots=shots,
            count=count,
            seed=self._plan.seed,
        )
        return mean_curve(curves)

    def _objects(self, data: Data) -> list[Check]:
        ways, shots = self._plan.objects
        plan = Plan((OURS,), ways, shots, self._plan.count, self._plan.seed)
        self._say(f"point 7: {data.name} pasted into scenes, {ways}-way, {plan.count} episodes")
        dataset = load_dataset(self._plan.folder, seed=self._plan.seed, label_column=data.label_column)
        dataset, alone = embed_dataset(dataset, self._encoders, warn=self._warn, progress=self._progress)
        scenes = scene_features(dataset, alone, self._encoders, seed=self._plan.seed, progress=self._progress)
        return object_checks(
            _settings(data.name, plan, self._run(plan, alone)),
            _settings(f"{data.name} in scenes", plan, self._run(plan, scenes)),
            self._settings.open_set_threshold,
        )

    def _visits(self, data: Data) -> list[Check]:
        (ways, visits), count = self._plan.visits, self._count(1 / 3)
        self._say(f"point 3: {data.name} taught by the frames of visits, {ways}-way, {count} episodes")
        dataset = load_dataset(self._plan.folder, seed=self._plan.seed, label_column=data.label_column)
        dataset, alone = embed_dataset(dataset, self._encoders, warn=self._warn, progress=self._progress)
        visited = visit_features(
            dataset.train, alone, self._encoders, seed=self._plan.seed, progress=self._progress
        )
        return [
            visit_check(
                visited, self._encoders, self._settings,
                ways=ways, visits=each, count=count, seed=self._plan.seed,
            )
            for each in visits
        ]  # fmt: skip

    def _exactness(self) -> list[Check]:
        self._say("points 5 and 6: undo, register and score with ten thousand examples")
        parts = (exactness_checks, register_checks, speed_checks)
        return [check for part in parts for check in part(self._encoders, self._settings)]

    def _count(self, share: float) -> int:
        return max(min(LEAST_EPISODES, self._plan.count), round(share * self._plan.count))


def _settings(name: str, plan: Plan, outcomes: Outcomes) -> list[Setting]:
    """The outcome of a plan for each number of shots."""
    return [
        Setting(
            name, plan.ways, shots,
            {m: figures_of_all(own[shots]) for m, own in outcomes.items() if shots in own},
            calibration_error(outcomes[OURS][shots]),
        )
        for shots in plan.shots
    ]  # fmt: skip
