"""What the users of a process share out among themselves."""

from load_tests.users.desk import Desk


def test_each_thing_is_worked_on_once_by_one_of_the_processes() -> None:
    desks = [Desk(part, 2) for part in range(2)]
    things = [{"id": f"ord_{number}"} for number in range(20)]
    for desk in desks * 2:
        desk.offer("id", things)
    taken = [thing for desk in desks for thing in iter(desk.take, None)]
    assert sorted(taken, key=things.index) == things


def test_what_was_claimed_is_nobody_else_s_until_it_is_forgotten() -> None:
    desk = Desk(0, 1)
    assert desk.claim("ord_1")
    assert not desk.claim("ord_1")
    desk.offer("id", [{"id": "ord_1"}])
    assert len(desk) == 0
    desk.forget("ord_1")
    assert desk.claim("ord_1")
