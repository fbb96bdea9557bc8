"""An archive over DICOMweb (dicomweb-client): QIDO-RS, WADO-RS image by image on several threads, STOW-RS."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import requests
from dicomweb_client.api import DICOMwebClient
from pydicom import dcmread
from pydicom.dataset import Dataset
from requests.auth import AuthBase, HTTPBasicAuth

from napari_t12_bodycomp.dicom.pacs.archive import SECONDS_TO_ANSWER, SECONDS_TO_CONNECT, Keep, Told
from napari_t12_bodycomp.dicom.pacs.faults import Interrupted, untrusted
from napari_t12_bodycomp.dicom.pacs.found import SAMPLE_KEYWORDS, SERIES_KEYWORDS, STUDY_KEYWORDS, found_series, found_study
from napari_t12_bodycomp.dicom.pacs.matching import matching_studies
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.pacs import MOST_STUDIES, Credential, FoundSeries, FoundStudy, Instance, Node, Stop, StudyQuery

T = TypeVar("T")

_THREADS = 4
_PAGE = 200
"""As much as every server gives at once: some refuse to be asked for more."""
_AT_ONCE = 100_000
_BATCH_BYTES = 16 << 20
_CALM_S = 0.1
_LATER = (408, 429, 500, 502, 503, 504)
"""HTTP statuses that say: not now."""

for _name in ("dicomweb_client", "urllib3", "retrying"):  # their messages hold URLs, and these hold patient IDs
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class _Refused(InputError):
    """A request that is not to the server's taste."""


class _Bearer(AuthBase):
    """A token in the header; as `auth`, so that nothing else in the environment replaces it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Session(requests.Session):
    """A session that writes a query as RFC 3986 has it, which PS3.18 wants, and not as HTML forms do: ``%20`` for a space, never ``+``.

    What may stand in a query as it is does so, since not every server decodes (Orthanc's plug-in 1.7 decodes nothing).
    """

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        prepared = super().prepare_request(request)
        place, mark, query = (prepared.url or "").partition("?")
        for written, meant in (("+", "%20"), ("%2A", "*"), ("%3F", "?"), ("%2F", "/")):
            query = query.replace(written, meant)
        prepared.url = place + mark + query
        return prepared


class WebArchive:
    """The `Archive` at a DICOMweb node."""

    def __init__(self, node: Node, secret: str = "") -> None:
        self._node, self._secret = node, secret
        self._own = threading.local()

    @property
    def _client(self) -> DICOMwebClient:
        """One for each thread: sessions of requests are not made to be shared."""
        client: DICOMwebClient | None = getattr(self._own, "client", None)
        if client is None:
            client = DICOMwebClient(
                self._node.url.rstrip("/"),
                session=_session(self._node, self._secret),
                timeout=(SECONDS_TO_CONNECT, SECONDS_TO_ANSWER),
                permissive_uid=True,
            )
            client.set_http_retry_params(retry=False)
            self._own.client = client
        return client

    def echo(self) -> str:
        with self._told():
            self._client.search_for_studies(limit=1)
        return f"The archive {self._node.name!r} answers at {self._node.address}."

    def find_studies(self, query: StudyQuery) -> list[FoundStudy]:
        return matching_studies(self._studies, query, _stands_in_url)

    def _studies(self, query: StudyQuery) -> list[FoundStudy]:
        filters = {
            "PatientID": query.patient_id,
            "StudyDate": query.dates,
            "StudyDescription": query.description,
            "ModalitiesInStudy": query.modality,
        }
        wanted = {keyword: value for keyword, value in filters.items() if value}
        found = self._search(
            lambda **page: self._client.search_for_studies(search_filters=wanted, fields=list(STUDY_KEYWORDS), **page),
            "StudyInstanceUID",
            MOST_STUDIES + 1,
        )
        return [found_study(one) for one in found]

    def find_series(self, study_uid: str) -> list[FoundSeries]:
        found = self._search(
            lambda **page: self._client.search_for_series(study_uid, fields=list(SERIES_KEYWORDS), **page), "SeriesInstanceUID"
        )
        return [found_series(one, study_uid) for one in found]

    def sample(self, series: FoundSeries, number: int | None = None) -> Dataset | None:
        where = series.study_instance_uid, series.series_instance_uid
        filters = {} if number is None else {"InstanceNumber": str(number)}
        with self._told():
            found = self._client.search_for_instances(*where, limit=1, fields=list(SAMPLE_KEYWORDS), search_filters=filters)
            if not found:
                return None
            uid = str(Dataset.from_json(found[0]).SOPInstanceUID)
            return Dataset.from_json(self._client.retrieve_instance_metadata(*where, uid), bulk_data_uri_handler=lambda *_: b"")

    def instances(self, study_uid: str, series_uid: str) -> list[Instance]:
        found = self._search(
            lambda **page: self._client.search_for_instances(study_uid, series_uid, fields=["SOPInstanceUID", "SOPClassUID"], **page),
            "SOPInstanceUID",
        )
        return [Instance(str(one.SOPInstanceUID), str(one.get("SOPClassUID", ""))) for one in found]

    def _search(self, ask: Callable[..., list[dict[str, Any]]], key: str, most: int = _AT_ONCE) -> list[Dataset]:
        """All pages of a search, or its first `most` entries: a server may cap what it sends at once; `key` tells entries apart.

        Nothing behind a full page is not believed: Orthanc's plug-in 1.7 takes the offset off what it has already limited, where the search is by
        modality. All is asked for at once, then.
        """
        found: dict[str, Dataset] = {}

        def came(limit: int, offset: int) -> int:
            with self._told():
                page = [Dataset.from_json(one) for one in ask(limit=limit, offset=offset)]
            before = len(found)
            found.update({str(one.get(key, "")): one for one in page})
            return len(found) - before

        new = came(_PAGE, 0)
        while new and len(found) < most:
            new = came(_PAGE, len(found))
        if found and not new and len(found) % _PAGE == 0:
            with suppress(_Refused):
                came(most, 0)
        return list(found.values())[:most]

    def fetch(self, study_uid: str, series_uid: str, wanted: Sequence[Instance], whole: bool, keep: Keep, stop: Stop) -> None:
        def get(one: Instance) -> None:
            with self._told():
                came = self._client.retrieve_instance(study_uid, series_uid, one.uid)
                stream = BytesIO()
                came.save_as(stream, enforce_file_format=True)
            keep(stream.getvalue(), one.uid)

        _side_by_side(get, wanted, stop)

    def send(self, files: Sequence[Path], told: Told) -> None:
        sent = 0
        for batch in _batches(files):
            with self._told():
                answer = self._client.store_instances([dcmread(file) for file in batch])
            failed = len(answer.get("FailedSOPSequence") or ())
            sent += len(batch) - failed
            if failed:
                raise InputError(f"The archive {self._node.name!r} does not store {failed} of the files: {sent} before are stored.")
            told(sent)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong in here, told in one sentence."""
        name = self._node.name
        try:
            yield
        except requests.exceptions.SSLError as error:
            raise untrusted(name, error) from error
        except requests.exceptions.HTTPError as error:
            raise _http_fault(name, error.response.status_code if error.response is not None else 0) from error
        except requests.exceptions.Timeout as error:
            raise Interrupted(f"The archive {name!r} is wanted, but {self._node.url} does not answer in time: try again later.") from error
        except requests.exceptions.ConnectionError as error:
            raise self._no_line(str(error)) from error
        except requests.exceptions.RequestException as error:
            raise Interrupted(f"The archive {name!r} broke its answer off ({type(error).__name__}): try again.") from error
        except (ValueError, KeyError, AttributeError, TypeError, OSError) as error:
            raise InputError(
                f"The archive {name!r} answers at {self._node.url}, but not as DICOMweb should: check the URL (is its path right?)."
            ) from error

    def _no_line(self, text: str) -> InputError:
        name, url = self._node.name, self._node.url
        if "NameResolution" in text or "getaddrinfo" in text or "Name or service not known" in text:
            return InputError(f"The archive {name!r} is wanted, but this network knows no computer of that name ({url}): check the URL.")
        if "CERTIFICATE_REQUIRED" in text.upper() or "CERTIFICATE REQUIRED" in text.upper():
            return untrusted(name, RuntimeError("CERTIFICATE_REQUIRED"))
        if "refused" in text:
            return Interrupted(
                f"The archive {name!r} is wanted, but nothing listens at {url}: check the port, or whether the archive is down."
            )
        return Interrupted(f"The connection to the archive {name!r} at {url} broke off: try again, what came is kept.")


def _stands_in_url(letter: str) -> bool:
    """Whether a letter is sent as it is."""
    return letter.isascii() and (letter.isalnum() or letter in "-._~*?/")


def _http_fault(name: str, status: int) -> InputError:
    if status == 401:
        return InputError(f"The archive {name!r} does not accept the user and password, or the token: check them.")
    if status == 403:
        return InputError(f"The archive {name!r} knows who asks, and does not allow it: ask its administrators.")
    if status in (404, 405):
        return InputError(f"The archive {name!r} has nothing there ({status}): check the URL's path, or search again.")
    if status in _LATER:
        return Interrupted(f"The archive {name!r} cannot answer now (HTTP {status}): try again later.")
    return _Refused(f"The archive {name!r} refuses the request (HTTP {status}): ask its administrators.")


def _session(node: Node, secret: str) -> requests.Session:
    session = _Session()
    session.trust_env = False  # else ~/.netrc and REQUESTS_CA_BUNDLE would go before what is set here
    session.proxies = dict(requests.utils.get_environ_proxies(node.url))
    session.headers["Cache-Control"] = "no-cache"
    session.headers["Accept-Encoding"] = "identity"  # images hardly shrink, and packing them is what servers would spend their time on
    if node.tls is not None and node.tls.ca_file:
        session.verify = node.tls.ca_file
    if node.tls is not None and node.tls.cert_file:
        session.cert = (node.tls.cert_file, node.tls.key_file)
    if node.credential is Credential.BASIC:
        session.auth = HTTPBasicAuth(node.user.encode(), secret.encode())
    elif node.credential is Credential.BEARER:
        session.auth = _Bearer(secret)
    return session


def _side_by_side(work: Callable[[T], None], items: Iterable[T], stop: Stop) -> None:
    """`work` on all `items`, a few at a time; the first error ends it, and so does `stop`."""
    queue = iter(items)
    with ThreadPoolExecutor(_THREADS) as pool:
        running = {pool.submit(work, item) for _, item in zip(range(2 * _THREADS), queue, strict=False)}
        while running:
            done, running = wait(running, timeout=_CALM_S, return_when=FIRST_COMPLETED)
            stop()
            for one in done:
                one.result()
            running |= {pool.submit(work, item) for _, item in zip(done, queue, strict=False)}


def _batches(files: Sequence[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for file in files:
        here = file.stat().st_size
        if batch and size + here > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += here
    if batch:
        yield batch
