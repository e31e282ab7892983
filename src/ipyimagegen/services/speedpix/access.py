"""What SpeedPix needs to let somebody in, and where it is."""

from __future__ import annotations

from ...settings.keys import KeySource, declare

KEYS = declare(
    KeySource(
        service="speedpix",
        title="SpeedPix",
        variables=("SPEEDPIX_APP_KEY", "SPEEDPIX_APP_SECRET"),
        where="app key and app secret come from the SpeedPix console, https://eduplatform-sp.console.aliyun.com/",
        url_variable="SPEEDPIX_ENDPOINT",
        base_url="https://openai.edu-aliyun.com",
    )
)
