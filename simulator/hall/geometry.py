"""Where everything stands in the hall of a lane: one belt hall, and tow halls of any length.

Positions are millimetres along the belt, growing in the direction of travel; a unit's position is
that of its front. What a lane file says of its geometry is kept: a tow hall is as long as the
longest vehicle that the lane takes needs it to be.
"""

from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where things are.

    A unit must fit between tunnel-in and beam plane once the entry barrier is shut behind it, its
    rear must have left tunnel-in before its front meets tunnel-out, and its front must be at the
    exit before its rear leaves tunnel-out: so the lane tracks it.

    Attributes:
        entry_zone_mm: what the entry sensor sees.
        entry_stand_mm: where a unit that comes stands.
        entry_barrier_mm: the entry barrier; nothing passes it while it is not open.
        tunnel_in_mm: tunnel-in sensor.
        beam_plane_mm: where the beam crosses.
        tunnel_out_mm: tunnel-out sensor.
        exit_zone_mm: what the exit sensor sees.
        exit_stand_mm: where a unit stops before the shut exit barrier.
        exit_barrier_mm: the exit barrier; a unit whose rear has passed it is gone.
        tunnel_mm: what stands here when the relay closes is exposed, or may be.
    """

    entry_zone_mm: Span
    entry_stand_mm: int
    entry_barrier_mm: int
    tunnel_in_mm: int
    beam_plane_mm: int
    tunnel_out_mm: int
    exit_zone_mm: Span
    exit_stand_mm: int
    exit_barrier_mm: int
    tunnel_mm: Span


BELT = Geometry(
    entry_zone_mm=(-900, 200),
    entry_stand_mm=100,
    entry_barrier_mm=200,
    tunnel_in_mm=600,
    beam_plane_mm=1600,
    tunnel_out_mm=2400,
    exit_zone_mm=(2700, 3900),
    exit_stand_mm=3800,
    exit_barrier_mm=3900,
    tunnel_mm=(200, 2700),
)
"""The belt lane for goods."""

TOW_BARRIER_MM = 500
TOW_RUN_UP_MM = 2500
"""From the barrier's shutting to the beam: the arm's travel, the permit and the high voltage take
their time while the vehicle moves on."""
TOW_BEHIND_BEAM_MM = 3000
TOW_TO_EXIT_MM = 1000
"""From tunnel-out to the exit zone: less than the shortest vehicle is long."""


def tow_hall(*, longest_mm: int, entry_to_tunnel_mm: int) -> Geometry:
    """The hall of a tow conveyor for whole vehicles.

    Args:
        longest_mm: longest vehicle that it can track, 1 or more.
        entry_to_tunnel_mm: from the end of the entry sensor to the tunnel-in sensor.
    """
    tunnel_in = TOW_BARRIER_MM + entry_to_tunnel_mm
    beam = max(TOW_BARRIER_MM + longest_mm + TOW_RUN_UP_MM, tunnel_in + longest_mm)
    tunnel_out = beam + TOW_BEHIND_BEAM_MM
    exit_zone = tunnel_out + TOW_TO_EXIT_MM
    exit_stand = exit_zone + longest_mm
    barrier = exit_stand + TOW_BARRIER_MM
    return Geometry(
        entry_zone_mm=(-longest_mm, TOW_BARRIER_MM),
        entry_stand_mm=0,
        entry_barrier_mm=TOW_BARRIER_MM,
        tunnel_in_mm=tunnel_in,
        beam_plane_mm=beam,
        tunnel_out_mm=tunnel_out,
        exit_zone_mm=(exit_zone, barrier),
        exit_stand_mm=exit_stand,
        exit_barrier_mm=barrier,
        tunnel_mm=(TOW_BARRIER_MM, exit_zone),
    )
