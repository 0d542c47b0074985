"""`clock`, typed against a running sandbox."""

from tests.commands.shell import Shell

START = "2026-11-27T15:00:00.000Z"


def test_the_time_is_told_with_what_is_due_next(shell: Shell) -> None:
    first, second = shell.says("clock").splitlines()
    assert first == f"{START}  frozen"
    assert second.startswith("Next: 2026-11-27T15:")
    assert shell.says("clock", "show").splitlines() == [first, second]


def test_advancing_tells_what_was_done(shell: Shell) -> None:
    assert shell.says("clock", "advance", "PT1S") == (f"From {START} to 2026-11-27T15:00:01.000Z: 0 things done.\n")
    lines = shell.says("clock", "advance", "P1D").splitlines()
    assert lines[0].startswith("From 2026-11-27T15:00:01.000Z to 2026-11-28T15:00:01.000Z: ")
    assert sum(int(line.split()[0]) for line in lines[1:]) == int(lines[0].split()[-3])
    assert any(line.endswith("  ACKNOWLEDGE_BY") for line in lines)


def test_advancing_to_an_instant(shell: Shell) -> None:
    shell.says("clock", "advance", "2026-11-28T01:00:00+01:00")
    assert shell.json("clock")["now"] == "2026-11-28T00:00:00.000Z"


def test_a_single_thing_that_was_done_is_one(shell: Shell) -> None:
    due = shell.json("clock")["nextDue"]["due"]
    assert shell.says("clock", "advance", due).splitlines()[0].endswith(": 1 thing done.")


def test_a_clock_does_not_go_back(shell: Shell) -> None:
    complaint = shell.complains("clock", "advance", "2026-11-26T00:00:00Z")
    assert complaint.startswith(f"Error: Time does not go back: The clock of {shell.tenant} stands at ")
    assert shell.json("clock")["now"] == START


def test_a_duration_without_a_length_is_refused_once(shell: Shell) -> None:
    assert shell.complains("clock", "advance", "P1Y").count("/by") == 1


def test_the_mode_is_set_and_time_frozen_again(shell: Shell) -> None:
    assert (
        shell.says("clock", "set", "--mode", "scaled", "--scale", "2.5")
        .splitlines()[0]
        .endswith("  scaled, 2.5 virtual seconds for each real one")
    )
    assert shell.says("clock", "freeze").splitlines()[0].endswith("  frozen")


def test_where_nothing_is_due_that_is_said(shell: Shell) -> None:
    shell.says("clock", "set", "--now", "2027-06-01T00:00:00Z")
    assert shell.says("clock") == "2027-06-01T00:00:00.000Z  frozen\nNothing is due.\n"
