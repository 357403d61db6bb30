"""Every YAML file: it composes, it passes the rules, it opens with its question, and every key says what it means."""

from __future__ import annotations

import re

import pytest

from geodl.config import SCORE, TRAIN, conf_dir, help_page, schema, schema_score, settle, validate, validate_score
from geodl.config.score_choice import METHODS, OPTIONS, chosen_scores, transport_options

FILES = sorted(path for path in conf_dir().rglob("*.yaml"))
OURS = [path for path in FILES if path.parent.name != "hydra"]
SCHEMAS = {
    group: {**schema.SCHEMAS.get(group, {}), **schema_score.SCHEMAS.get(group, {})}
    for group in (*schema.SCHEMAS, *schema_score.SCHEMAS)
    if group != "track"  # the options of training stand in the schema of the whole run
}


def choices(command):
    return [(g, c) for g, names in command.choices(conf_dir()).items() for c in names if g != "hydra"]


CHOICES = [(path.parent.name, path.stem) for path in FILES if path.parent != conf_dir() and path.parent.name != "hydra"]


@pytest.mark.parametrize(("group", "choice"), choices(TRAIN))
def test_every_choice_composes_and_is_valid(compose_config, group, choice):
    extra = ["data.path=mine.npz"] if choice == "npz" else []
    validate(compose_config(f"{group}={choice}", *extra, small=False))


@pytest.mark.parametrize(("group", "choice"), choices(SCORE))
def test_every_choice_of_scoring_composes_and_is_valid(compose_score, tmp_path, group, choice):
    (tmp_path / "mine.npz").write_bytes(b"")
    needed = {
        "npz": [f"data.path={tmp_path / 'mine.npz'}"],
        "python": ["model.target=my_package.build"],
        "huggingface": ["model.path=somebody/a-model"],
        "sentences": ["model=huggingface", "model.path=somebody/a-model"],
        "auto": ["model=huggingface", "model.path=somebody/a-model"],
        "checkpoint": ["model.path=run", "model.untrained=true"],
    }
    if choice == "checkpoint":
        pytest.skip("needs a run folder; until then tests/models/test_checkpoint.py composes it")
    data = [] if group == "data" or "huggingface" in choice else ["data=digits"]
    validate_score(settle(compose_score(f"{group}={choice}", *data, *needed.get(choice, []))))


def test_the_two_commands_together_take_every_choice():
    assert {*choices(TRAIN), *choices(SCORE)} == set(CHOICES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_file_opens_with_question_cost_and_expectation(path):
    head = "\n".join(line for line in path.read_text().splitlines() if line.startswith("#"))
    assert re.search(r"# Question: \w.*\n(#.*\n)*# Cost: \w.*\n(#.*\n)*# Expect: \w", head)


@pytest.mark.parametrize("path", OURS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_key_says_what_it_means(path):
    body = path.read_text().split("\nhydra:\n")[0]  # Hydra's own keys are Hydra's to explain
    bare = [
        line
        for line in body.splitlines()
        if re.match(r"^\s*[a-z_0-9]+: \S", line) and "#" not in line and not line.startswith("#")
    ]
    assert bare == []


def test_every_schema_belongs_to_a_file_and_every_file_of_a_typed_group_to_a_schema():
    for group, choices in SCHEMAS.items():
        assert set(choices) == {path.stem for path in (conf_dir() / group).glob("*.yaml")}


@pytest.mark.parametrize("command", [TRAIN, SCORE], ids=lambda command: command.name)
def test_help_lists_every_choice_of_every_group(command):
    page = help_page(conf_dir(), command)
    for group, choice in choices(command):
        assert re.search(rf"\b{choice}\b", page), f"{group}={choice}"
    assert max(map(len, page.splitlines())) <= 110


def test_the_issue_of_two_scores_composes_to_two_scores(compose_config):
    config = compose_config("score=[line_shape,action]")
    assert chosen_scores(config["score"]) == {"line_shape": "always", "action": "always"}


@pytest.mark.parametrize("score", ["default", "fast", "geodesic", "[line_shape,optimal_transport]"])
def test_the_options_of_scoring_stand_beside_every_choice_of_scores(compose_config, compose_score, score):
    chosen = compose_config(f"score={score}")["score"]
    assert {key: chosen[key] for key in OPTIONS} == {"background": False, "method": "auto", "max_memory": None}
    given = ("score.background=true", "score.method=simplex", "score.max_memory=0.5")
    changed = compose_config(f"score={score}", *given)
    assert {key: changed["score"][key] for key in OPTIONS} == {
        "background": True,
        "method": "simplex",
        "max_memory": 0.5,
    }
    assert chosen_scores(changed["score"]) == chosen_scores(chosen) != {}
    validate(changed)
    scored = compose_score(f"score={score}", *given[1:])["score"]
    assert "background" not in scored
    assert transport_options(scored) == {"method": "simplex", "max_memory": 2**29}


def test_a_run_folder_from_before_there_were_options_has_their_defaults():
    assert transport_options({"line_shape": {"when": "always"}}) == {"method": "auto", "max_memory": None}


def test_every_solver_can_be_chosen():
    from geodl import transport

    assert METHODS == transport.METHODS


def test_score_files_are_named_like_their_modules():
    from geodl.scores import SCORES

    assert {path.stem for path in (conf_dir() / "score").glob("*.yaml")} - {"default", "fast"} == set(SCORES)
