"""A file of 64 MiB up, and a picture of 64 MiB down: growth of memory, by the documented calls that do that.

The others give out an address (Segmind's upload is JSON, and OpenPixels has none).
"""

from __future__ import annotations

import io

from ._services import MIB, SIDES, Service, gateway, measured

UP_MIB = 64
SIDE_PX = 4730  # 3 bytes a pixel, not compressed
MOVING: tuple[Service, ...] = ("speedpix", "inferencesh")


def large_picture() -> bytes:
    """An uncompressed PNG of about 64 MiB."""
    import numpy as np
    from PIL import Image

    pixels = np.random.default_rng(1).integers(0, 256, (SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "PNG", compress_level=0)
    return held.getvalue()


def main() -> None:
    picture = large_picture()
    print(f"up: {UP_MIB} MiB, down: {len(picture) / MIB:.1f} MiB")
    print(f"{'':12} {'':9} {'':5} {'memory':>10} {'CPU':>9} {'seconds':>9}")
    for service in MOVING:
        for side in SIDES:
            with gateway(picture) as where:
                told = measured(where, side, service, "transfers", up_mib=UP_MIB)
            for way, cost in told.items():
                print(
                    f"{service:12} {side:9} {way:5} {cost['memory'] / MIB:6.1f} MiB {cost['cpu_s']:7.2f} s"
                    f" {cost['seconds']:7.2f} s"
                )
