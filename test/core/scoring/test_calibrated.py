# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The calibrated rule on made-up things: who is known, who is not, and what changes with a setting."""

from __future__ import annotations

import numpy as np
import pytest
from core.scoring.memories import World, answer, examples, rule, unit

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.scoring.text_model import TextModel
from vfrt_ros.core.types.example import Change

UNKNOWN = "unknown"


def shares(made: CalibratedRule, world: World, known: int, looks: int = 40) -> tuple[float, float, float]:
    """The share of known things named rightly, of known ones called unknown, of unknown ones given a name."""
    names = [(i, answer(made, row)[0]) for i in range(known) for row in world.look(i, looks)]
    strangers = [
        answer(made, row)[0] for i in range(known, len(world.things)) for row in world.look(i, looks)
    ]
    right = np.mean([name == f"thing {i}" for i, name in names])
    return (
        float(right),
        float(np.mean([n == UNKNOWN for _, n in names])),
        float(np.mean([n != UNKNOWN for n in strangers])) if strangers else float("nan"),
    )


@pytest.mark.parametrize(("shots", "most"), [(1, 0.3), (2, 0.1), (5, 0.1), (10, 0.1)])
def test_known_things_are_named_and_others_are_not(shots: int, most: float) -> None:
    world = World.of(8, seed=1)
    made = rule(World(world.things[:5], world.random), shots)
    right, _, accepted = shares(made, world, 5)
    assert right >= 0.85
    assert accepted <= most


@pytest.mark.parametrize("scatter", [0.2, 0.3, 0.8])
def test_the_promise_holds_where_known_and_unknown_do_not_touch(scatter: float) -> None:
    """Familiarity is steep there, so that it and its limit may lie where only the order of log-odds counts."""
    rejected = []
    for seed in range(4):
        world = World.of(12, seed=seed, scatter=scatter)
        made = rule(World(world.things[:6], world.random, scatter), 20)
        right, unknown, accepted = shares(made, world, 6)
        rejected.append(unknown)
        assert (right > 0.8, accepted) == (True, 0.0)
    assert np.mean(rejected) < 0.1


@pytest.mark.parametrize("promise", [0.05, 0.1])
def test_the_threshold_is_the_share_of_known_frames_called_unknown(promise: float) -> None:
    rejected = []
    for seed in range(4):
        world = World.of(20, seed=seed, scatter=1.5)
        made = rule(World(world.things[:12], world.random, world.scatter), 12, open_set_threshold=promise)
        rejected.append(shares(made, world, 12, looks=15)[1])
    assert np.mean(rejected) == pytest.approx(promise, abs=0.04)


def test_a_higher_threshold_is_stricter() -> None:
    world = World.of(8, seed=2)
    made = rule(world)
    frame, limits = world.look(0)[0], []
    for share in (0.0, 0.01, 0.05, 0.2, 0.5, 1.0):
        made.settings = made.settings.replace(open_set_threshold=share)
        scores = made.conclude(made.evidence(frame))
        limits.append(float(scores.threshold[int(scores.score.argmax())]))
    assert limits == sorted(limits)
    assert limits[0] < limits[-1]


def test_open_set_off_always_names_the_best() -> None:
    world = World.of(6, seed=3)
    made = rule(World(world.things[:4], world.random), open_set=False)
    stranger = world.look(5)[0]
    label, _ = answer(made, stranger)
    assert label != UNKNOWN
    scores = made.conclude(made.evidence(stranger))
    assert (float(scores.score.sum()), scores.unknown) == (pytest.approx(1.0, abs=1e-5), 0.0)


@pytest.mark.parametrize("learn", ["memory", "prompts", "both", "other prompts"])
def test_scores_and_the_unknown_sum_to_one(learn: str) -> None:
    world = World.of(5)
    made = rule(world if learn != "prompts" else None)
    if learn != "memory":
        names = ("a", "b") if learn == "other prompts" else tuple(f"thing {i}" for i in range(5))
        made.set_prototypes(names, world.things[: len(names)])
    scores = made.conclude(made.evidence(world.look(0)[0]))
    assert float(scores.score.sum()) + scores.unknown == pytest.approx(1.0, abs=1e-4)
    assert ((scores.threshold >= 0) & (scores.threshold <= 1)).all()


@pytest.mark.parametrize("count", [1, 2, 8])
@pytest.mark.parametrize(
    "scatter", [pytest.param(0.02, id="one burst"), pytest.param(0.5, id="turned about")]
)
def test_one_label_from_a_few_frames(count: int, scatter: float) -> None:
    world = World.of(6, seed=4, dim=256)
    made = rule()
    made.apply(Change(added=examples("cup", world.look(0, count, scatter))))
    for row in world.look(0, 20, 0.5):
        label, score = answer(made, row)
        assert (label, score > 0.3) == ("cup", True)
    for other in range(1, 6):
        assert {answer(made, row)[0] for row in world.look(other, 10, 0.5)} == {UNKNOWN}


def test_a_registered_label_is_in_force_on_the_next_frame() -> None:
    world = World.of(6, seed=5)
    made = rule(World(world.things[:5], world.random))
    assert answer(made, world.look(5, 1, 0.3)[0])[0] == UNKNOWN
    new = examples("new", world.look(5, 8, 0.3), 9000)
    made.apply(Change(added=new))
    assert answer(made, world.look(5, 1, 0.3)[0])[0] == "new"
    made.apply(Change(removed=new))
    assert answer(made, world.look(5, 1, 0.3)[0])[0] == UNKNOWN


def test_a_large_memory_learns_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "FIT_AT_ONCE", 10)
    monkeypatch.setattr(constants, "FIT_SAMPLE", 30)
    world = World.of(6, seed=6)
    made = rule(World(world.things[:5], world.random), 10)
    before = made._learner.model
    made.apply(Change(added=examples("new", world.look(5, 8), 9000)))
    assert answer(made, world.look(5)[0])[0] == "new", "the mean counts before the fit is done"
    made.settle()
    assert made._learner.model is not before
    right, _, _ = shares(made, World(world.things[:5], world.random), 5)
    assert right >= 0.85


@pytest.mark.parametrize("temperature", [0.45, 0.9, 3.0])
def test_temperature_divides_log_odds_and_decides_nothing(temperature: float) -> None:
    world = World.of(6, seed=11)
    made = rule(World(world.things[:5], world.random))
    for thing in range(6):
        evidence = made.evidence(world.look(thing)[0])
        made.settings = RecognitionSettings(temperature=1.0)
        plain = made.conclude(evidence)
        made.settings = RecognitionSettings(temperature=temperature)
        scores = made.conclude(evidence)
        odds = np.log(scores.score.astype(float) / scores.unknown)
        assert np.allclose(odds, evidence.fused / temperature, atol=1e-3)
        assert np.array_equal(scores.score >= scores.threshold, plain.score >= plain.threshold)


def test_undo_restores_the_answers() -> None:
    world = World.of(6, seed=7)
    made, frame = rule(world), world.look(2)[0]
    before = made.conclude(made.evidence(frame))
    step = Change(added=examples("thing 2", world.look(3, 4), 9000))
    made.apply(step)
    assert not np.array_equal(made.conclude(made.evidence(frame)).score, before.score)
    made.apply(step.inverse())
    after = made.conclude(made.evidence(frame))
    assert after.score.tobytes() == before.score.tobytes()
    assert after.threshold.tobytes() == before.threshold.tobytes()


def test_forgetting_all_examples_one_by_one_is_forgetting_the_label() -> None:
    world = World.of(6, seed=7)
    at_once, one_by_one, frame = rule(world), rule(World.of(6, seed=7)), world.look(2)[0]
    seventh = examples("thing 6", world.look(4, 5), 9000)
    for made in (at_once, one_by_one):
        made.apply(Change(added=seventh))
    at_once.apply(Change(removed=seventh))
    for example in seventh:
        one_by_one.apply(Change(removed=(example,)))
    answers = [made.conclude(made.evidence(frame)) for made in (at_once, one_by_one)]
    assert answers[0].score.tobytes() == answers[1].score.tobytes()


class TestPrompts:
    def prompted(self, noise: float, shots: int, **changes: object) -> tuple[CalibratedRule, World]:
        """A rule with examples, and prompts that are the things themselves plus noise."""
        world = World.of(10, seed=8, scatter=1.6)
        made = rule(world, shots, **changes) if shots else rule(None, **changes)
        made.set_background(world.background())
        prompts = unit(world.things + noise * unit(world.random.normal(size=world.things.shape)))
        made.set_prototypes(tuple(f"thing {i}" for i in range(10)), prompts)
        made.settle()
        return made, world

    def best(self, made: CalibratedRule, world: World) -> float:
        found = []
        for i in range(10):
            for row in world.look(i, 30):
                evidence = made.evidence(row)
                found.append(evidence.labels[int(evidence.fused.argmax())] == f"thing {i}")
        return float(np.mean(found))

    @pytest.mark.parametrize(("shots", "loss"), [(1, 0.1), (2, 0.01), (3, 0.01), (6, 0.01)])
    def test_good_prompts_help_and_meaningless_ones_do_not_hurt(self, shots: int, loss: float) -> None:
        memory = self.best(*self.prompted(0.7, shots, alpha_fusion=1.0))
        text = self.best(*self.prompted(0.7, shots, alpha_fusion=0.0))
        both = self.best(*self.prompted(0.7, shots))
        assert both >= max(memory, text) - loss
        meaningless = self.best(*self.prompted(1000.0, shots))
        assert meaningless >= memory - 0.03

    def test_alpha_zero_is_the_prompts_alone(self) -> None:
        made, world = self.prompted(1.0, 5, alpha_fusion=0.0)
        for row in world.look(3, 20):
            evidence = made.evidence(row)
            assert evidence.fused.argmax() == evidence.text.argmax()

    def test_alpha_tilts_without_jumps(self) -> None:
        made, world = self.prompted(1.0, 5)
        frame, fused = world.look(3)[0], []
        for alpha in np.linspace(0, 1, 401):
            made.settings = RecognitionSettings(alpha_fusion=float(alpha))
            fused.append(made.conclude(made.evidence(frame)).score)
        assert np.abs(np.diff(fused, axis=0)).max() < 0.2

    def test_prompts_alone_name_what_they_match(self) -> None:
        world = World.of(6, seed=9, dim=512)
        made = rule()
        made.set_background(world.background(200))
        made.set_prototypes(("ant", "bee", "cow"), world.things[:3])
        assert [answer(made, world.look(i, 1, 3.0)[0])[0] for i in range(4)] == ["ant", "bee", "cow", UNKNOWN]

    @pytest.mark.parametrize("alpha", [0.1, 0.3, 0.5, 0.7, 0.9])
    def test_a_label_with_one_kind_of_evidence_is_known_at_every_mixture(self, alpha: float) -> None:
        world = World.of(6, seed=9, dim=512)
        made = rule(alpha_fusion=alpha)
        made.set_background(world.background(200))
        made.set_prototypes(("ant", "bee"), world.things[:2])
        made.apply(Change(added=examples("dog", world.look(4, 8, 0.4))))
        seen = [answer(made, world.look(i, 1, 0.4)[0])[0] for i in (0, 1, 4, 5)]
        assert seen == ["ant", "bee", "dog", UNKNOWN]

    def test_the_wrong_number_of_embeddings(self) -> None:
        with pytest.raises(ValueError, match="one embedding for each of 1 label; got 2"):
            rule().set_prototypes(("a",), World.of(2).things)


class TestNegatives:
    def test_they_push_where_they_are_and_nowhere_else(self) -> None:
        world = World.of(5, seed=10)
        made = rule(world)
        cup, lookalike = world.look(0)[0], unit(world.things[0] + 0.9 * world.things[1])
        before = [score_of(made, row, "thing 0") for row in (cup, lookalike)]
        refused = Change(added=examples("thing 0", lookalike[None], 7000, negative=True))
        made.apply(refused)
        after = [score_of(made, row, "thing 0") for row in (cup, lookalike)]
        assert after[0] == pytest.approx(before[0], abs=0.1)
        assert after[1] < 0.3 * before[1]
        made.apply(refused.inverse())
        assert [score_of(made, row, "thing 0") for row in (cup, lookalike)] == before

    def test_a_label_of_negatives_alone_is_not_the_best_of_a_closed_set(self) -> None:
        world = World.of(3)
        made = rule(World(world.things[:1], world.random), open_set=False)
        made.apply(Change(added=examples("cup", world.look(1, 3), 7000, negative=True)))
        assert answer(made, world.look(2)[0])[0] == "thing 0"

    def test_a_label_of_negatives_alone_is_never_the_answer(self) -> None:
        world = World.of(2)
        made = rule()
        made.apply(Change(added=examples("cup", world.look(0, 3), negative=True)))
        assert answer(made, world.look(0)[0])[0] == UNKNOWN


def score_of(made: CalibratedRule, row: np.ndarray, label: str) -> float:
    scores = made.conclude(made.evidence(row))
    return float(scores.score[scores.labels.index(label)])


@pytest.mark.parametrize(
    ("offset", "scale"),
    [pytest.param(0.9, 0.4, id="a narrow cone, as CLIP's"), pytest.param(0.5, 0.8, id="a wide one")],
)
def test_decisions_do_not_depend_on_where_the_cosines_lie(offset: float, scale: float) -> None:
    world = World.of(9, seed=11, scatter=1.2)
    lessons = {i: world.look(i, 5) for i in range(6)}
    frames = np.concatenate([world.look(i, 10) for i in range(9)])
    background, prompts = world.background(), unit(world.things[:6] + 0.5 * world.background(6))

    def shown(move, kinds=("picture", "text")) -> list[tuple[str, float]]:
        made = rule()
        made.set_background(move(background, 1))
        made.set_prototypes(tuple(f"thing {i}" for i in range(6)), move(prompts, 1))
        for i, rows in lessons.items():
            made.apply(Change(added=examples(f"thing {i}", move(rows, 0), 100 * i)))
        return [answer(made, row) for row in move(frames, 0)]

    def cone(rows: np.ndarray, kind: int) -> np.ndarray:
        """Scaled rows with a large part common to all, and another common to the kind."""
        common = np.sqrt(1 - scale**2)
        extra = np.zeros((len(rows), 3), np.float32)
        extra[:, 0], extra[:, 1 + kind] = common * offset, common * np.sqrt(1 - offset**2)
        return np.concatenate([scale * rows, extra], axis=1).astype(np.float32)

    plain, moved = shown(lambda rows, kind: rows), shown(cone)
    same = [a[0] == b[0] for a, b in zip(plain, moved, strict=True)]
    assert np.mean(same) >= 0.97
    assert np.abs([a[1] - b[1] for a, b in zip(plain, moved, strict=True)]).max() < 0.05


def test_nothing_learned_is_unknown() -> None:
    made = rule()
    scores = made.conclude(made.evidence(World.of(1).things[0]))
    assert (scores.labels, scores.unknown) == ((), 1.0)


def test_the_threshold_of_a_label_is_the_one_that_decides_where_nothing_else_is_seen() -> None:
    world = World.of(4, seed=11)
    alone = rule(World(world.things[:1], world.random), 6)
    prompted = rule()
    prompted.set_background(world.background())
    prompted.set_prototypes(("prompted",), world.things[:1])
    for made, label in ((alone, "thing 0"), (prompted, "prompted")):
        made.settle()
        scores = made.conclude(made.evidence(world.things[0].astype(np.float32)))
        assert scores.threshold[0] == pytest.approx(made.thresholds()[label], abs=1e-3)
        made.settings = RecognitionSettings(open_set=False)
        assert made.thresholds() == {label: 0.0}


def test_a_label_without_a_prompt_is_not_at_a_disadvantage() -> None:
    """Of labels taught alike, those without a prompt are named as well as those with meaningless ones."""
    world = World.of(8, seed=6)
    made = rule(world, 4)
    made.set_background(world.background())
    prompts = unit(world.random.normal(size=(4, world.things.shape[1])))
    made.set_prototypes(tuple(f"thing {i}" for i in range(4)), prompts)
    made.settle()
    right = [
        np.mean([_best_of(made, row) == f"thing {i}" for row in world.look(i, 20)])
        for i in range(len(world.things))
    ]
    assert np.mean(right[4:]) >= np.mean(right[:4]) - 0.05
    assert min(right) >= 0.8


def _best_of(made: CalibratedRule, row: np.ndarray) -> str:
    evidence = made.evidence(row)
    return evidence.labels[int(evidence.fused.argmax())]


def test_a_prompt_that_does_not_fit_says_nothing_beside_pictures() -> None:
    """Which of two prompts that fit less than the background fits less changes nothing."""
    world = World.of(12, seed=3)
    made, frame = rule(world), world.look(0)[0]
    names = tuple(f"thing {i}" for i in range(12))
    made.set_prototypes(names, world.things)
    made.settle()
    seen = made.evidence(frame)
    unfit = seen.text < -0.1
    assert 0 < unfit.sum() < 12
    background = TextModel()
    background.set_prototypes(names, world.things)
    background.background = world.background()
    table, _ = background.of_examples(frame[None], seen.labels)
    assert (table[0][unfit] == 0.0).all()
    assert (table[0][seen.text > 0.3] > 0.0).all()


def test_what_is_learned_after_everything_was_forgotten_owes_nothing_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(constants, "FIT_AT_ONCE", 10)
    world = World.of(6, seed=5)
    old = [examples(f"thing {i}", world.look(i, 6, 2.0), 100 * i) for i in range(3)]
    new = [examples(f"thing {i}", world.look(i, 6), 100 * i) for i in range(3, 6)]
    made, fresh = rule(), rule()
    for group in old:
        made.apply(Change(added=group))
    made.settle()
    made.apply(Change(removed=tuple(example for group in old for example in group)))
    for one in (made, fresh):
        for group in new:
            one.apply(Change(added=group))
    frame = world.look(4)[0]
    assert made.evidence(frame).fused.tobytes() == fresh.evidence(frame).fused.tobytes()
