"""Where Segmind is: several hosts, which one base URL moves all together (PROTOCOL.md, 1)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from ...core.errors import ProtocolError
from ...net.addresses import origin

ROOT = "https://api.segmind.com"
STORAGE = "https://workflows-api.segmind.com"
ACCOUNT = "https://api.spotprod.segmind.com"
CLOUD = "https://cloud.segmind.com"


@dataclass(frozen=True, slots=True)
class Addresses:
    """The bases of all routes, without a slash at the end."""

    root: str
    storage: str
    account: str
    cloud: str

    @classmethod
    def of(cls, base_url: str) -> Addresses:
        """From a base URL with or without `/v1`. Any other than Segmind's own moves every host there."""
        root = base_url.rstrip("/")
        for version in ("/v1", "/v2"):
            root = root.removesuffix(version)
        return cls(root, STORAGE, ACCOUNT, CLOUD) if root == ROOT else cls(root, root, root, root)

    @property
    def v1(self) -> str:
        """Blocking calls."""
        return f"{self.root}/v1"

    @property
    def v2(self) -> str:
        """Submit and poll."""
        return f"{self.root}/v2"

    @property
    def own(self) -> tuple[str, ...]:
        """Every host that gets the key."""
        return tuple(dict.fromkeys((self.root, self.storage, self.account, self.cloud)))

    def model(self, base: str, slug: str) -> str:
        """A model's address under `base`."""
        return f"{base}/{quote(slug, safe='')}"

    def request(self, request_id: str) -> str:
        """Where a request's result is."""
        return f"{self.v2}/requests/{quote(request_id, safe='')}"

    def workflow(self, workflow_id: str) -> str:
        """Where a PixelFlow is started."""
        return f"{self.root}/workflows/{quote(workflow_id, safe='')}"

    def workflow_request(self, request_id: str) -> str:
        """Where the request of a PixelFlow is asked for."""
        return f"{self.root}/workflows/request/{quote(request_id, safe='')}"

    def trusted(self, url: object, otherwise: str) -> str:
        """`url` as the service gave it if it is on its own hosts, moved along where the base URL is another."""
        if not isinstance(url, str) or not url:
            return otherwise
        try:
            place = origin(url)
            if place in {origin(own) for own in self.own}:
                return url
            if self.root != ROOT and place in {origin(host) for host in (ROOT, STORAGE, ACCOUNT, CLOUD)}:
                split = urlsplit(url)
                return f"{self.root}{split.path}" + (f"?{split.query}" if split.query else "")
        except ProtocolError:
            return otherwise
        return otherwise
