"""Which officer stands behind an act, and whether his role may do it.

At the lane an officer is known by the login of the process that knocks (peer credentials); from
headquarters by a signed command. A simulated officer may be named by whoever runs the simulated
lane, and by nobody else.
"""

from edge.errors import CommandRefused
from edge.law.outcomes import Act, Role, may
from edge.settings import LaneFile, Officer


class Officers:
    """The officers of the lane file."""

    def __init__(self, lane: LaneFile) -> None:
        self._officers = {officer.id: officer for officer in lane.officers}

    def at_the_lane(self, officer_id: str, *, login: str, own_login: str) -> Officer:
        """The officer a local process may act as. Raises CommandRefused."""
        officer = self._named(officer_id)
        if officer.simulated and login == own_login:
            return officer
        if officer.user and officer.user == login:
            return officer
        raise CommandRefused(
            f"login {login!r} may not act as officer {officer_id!r}; "
            "set the officer's `user` in the lane file, or act under the right login"
        )

    def by_signature(self, officer_id: str) -> Officer:
        """The officer a verified signed command names. Raises CommandRefused."""
        return self._named(officer_id)

    def role_for(self, officer: Officer, act: Act) -> Role:
        """The role in which the officer may do the act. Raises CommandRefused."""
        for name in officer.roles:
            role = Role(name.lower())
            if may(role, act):
                return role
        raise CommandRefused(
            f"officer {officer.id!r} has roles {', '.join(officer.roles)}, "
            f"none of which may {act.value}"
        )

    def _named(self, officer_id: str) -> Officer:
        officer = self._officers.get(officer_id)
        if officer is None:
            raise CommandRefused(f"no officer {officer_id!r} in the lane file")
        return officer
