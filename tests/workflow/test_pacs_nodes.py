"""Archives are remembered in a small file; passwords in the system's keyring or nowhere."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import pytest
from keyring.backends import fail

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.pacs import Credential, Node, NodeKind, Retrieval, StudyQuery, Tls
from napari_t12_bodycomp.workflow import pacs_secrets
from napari_t12_bodycomp.workflow.pacs import open_archive, series_folder
from napari_t12_bodycomp.workflow.pacs_nodes import known_nodes, node_named, remove_node, save_node

DIMSE = Node(
    "Röntgen.1", NodeKind.DIMSE, "pacs.local", 104, "ARCHIVE", "T12", Retrieval.MOVE, "127.0.0.1", 11112, tls=Tls("/ca", "/c", "/k")
)
WEB = Node("web", NodeKind.DICOMWEB, url="https://pacs.local/dicom-web", credential=Credential.BASIC, user="anna")


class Ring(keyring.backend.KeyringBackend):
    """A keyring in memory, put in place of the system's by keyring's own rules."""

    priority = 1  # type: ignore[assignment]
    viable = False  # keyring does not choose it by itself

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def ring() -> Iterator[Ring]:
    usual = keyring.get_keyring()
    ring = Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(usual)


def test_nodes_are_kept_changed_and_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "new" / "pacs.json"
    assert known_nodes(file) == []
    assert not save_node(WEB, file)
    assert not save_node(DIMSE, file)
    assert known_nodes(file) == [DIMSE, WEB]
    changed = Node("web", NodeKind.DICOMWEB, url="https://other.local/dicom-web")
    assert save_node(changed, file)
    assert node_named("web", file) == changed
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert remove_node("web", file) == changed
    assert known_nodes(file) == [DIMSE]
    assert [f.name for f in file.parent.iterdir()] == ["pacs.json"]


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    save_node(WEB, tmp_path / "pacs.json")
    with pytest.raises(UsageError, match="'other' is wanted, known are web"):
        node_named("other", tmp_path / "pacs.json")


@pytest.mark.parametrize("text", ["", "{}", '{"format": 2, "nodes": []}', '{"format": 1, "nodes": [{"name": "a"}]}', "\0"])
def test_a_damaged_list_is_told_and_left_as_it_is(text: str, tmp_path: Path) -> None:
    file = tmp_path / "pacs.json"
    file.write_text(text)
    with pytest.raises(InputError, match="cannot be read"):
        save_node(WEB, file)
    assert file.read_text() == text


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"name": "../evil"}, "A short name"),
        ({"port": 0}, "a port from 1 to 65535"),
        ({"ae_title": "A" * 17}, "AE title of 1 to 16"),
        ({"retrieval": Retrieval.MOVE}, "needs a port"),
        ({"kind": NodeKind.DICOMWEB, "url": "ftp://x"}, "A URL such as"),
        ({"kind": NodeKind.DICOMWEB, "url": "https://me:secret@x/"}, "without user or password in it"),
        ({"kind": NodeKind.DICOMWEB, "url": "http://far.away/", "credential": Credential.BEARER}, "over https only"),
        ({"kind": NodeKind.DICOMWEB, "url": "https://x/", "credential": Credential.BASIC}, "A user's name"),
    ],
)
def test_an_impossible_node_is_refused(facts: dict[str, object], sentence: str) -> None:
    values = {"name": "n", "kind": NodeKind.DIMSE, "host": "h", "port": 104, "ae_title": "A"} | facts
    with pytest.raises(UsageError, match=sentence):
        Node(**values)  # type: ignore[arg-type]


def test_dates_of_a_search() -> None:
    assert StudyQuery(date_from="20240101", date_to="20240131").dates == "20240101-20240131"
    assert StudyQuery(date_from="20240101").dates == "20240101-"
    assert StudyQuery(date_from="20240101", date_to="20240101").dates == "20240101"
    with pytest.raises(UsageError, match="swap them"):
        StudyQuery(date_from="20240102", date_to="20240101")


def test_a_password_lives_in_the_keyring_alone(ring: Ring, tmp_path: Path) -> None:
    save_node(WEB, tmp_path / "pacs.json")
    assert pacs_secrets.keep_secret(WEB, "sésame")
    assert pacs_secrets.secret_of(WEB) == "sésame"
    assert "sésame" not in (tmp_path / "pacs.json").read_text()
    elsewhere = Node("web", NodeKind.DICOMWEB, url="https://evil.example/", credential=Credential.BASIC, user="anna")
    assert pacs_secrets.kept_secret(elsewhere) == "", "the same name at another address gets nothing"
    pacs_secrets.forget_secret(WEB)
    assert ring.kept == {}
    pacs_secrets.forget_secret(WEB)


def test_without_a_keyring_somebody_is_asked_or_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    try:
        assert pacs_secrets.keyring_name() == ""
        assert not pacs_secrets.keep_secret(WEB, "x")
        with pytest.raises(UsageError, match="T12_PACS_SECRET"):
            pacs_secrets.secret_of(WEB)
        assert pacs_secrets.secret_of(WEB, lambda words: f"typed for {words}") == "typed for Password of anna for the archive web: "
        monkeypatch.setenv("T12_PACS_SECRET", "from a script")
        assert pacs_secrets.secret_of(WEB) == "from a script"
    finally:
        keyring.set_keyring(usual)


def test_a_keyring_that_keeps_passwords_in_a_file_of_its_own_is_none() -> None:
    """keyrings.alt writes them in plain text; where it is installed, keyring may choose it by itself."""
    usual = keyring.get_keyring()
    backend = type("PlaintextKeyring", (Ring,), {"__module__": "keyrings.alt.file"})()
    keyring.set_keyring(backend)
    try:
        assert not pacs_secrets.keep_secret(WEB, "x")
        assert backend.kept == {}
    finally:
        keyring.set_keyring(usual)


def test_a_locked_keyring_is_no_fault(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*args: str) -> None:
        raise keyring.errors.KeyringLocked("locked")

    monkeypatch.setattr(ring, "get_password", locked)
    monkeypatch.setattr(ring, "set_password", locked)
    assert pacs_secrets.secret_of(WEB, lambda words: "typed") == "typed"
    with pytest.raises(InputError, match="unlock it"):
        pacs_secrets.keep_secret(WEB, "x")


@pytest.mark.parametrize(("node", "package"), [(DIMSE, "pynetdicom"), (WEB, "dicomweb_client")])
def test_a_missing_extra_is_one_sentence(node: Node, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    monkeypatch.delitem(sys.modules, package, raising=False)
    with pytest.raises(UsageError, match=r"napari-t12-bodycomp\[pacs\]"):
        open_archive(node)


def test_a_folder_s_name_tells_nobody_whose_scan_it_holds(tmp_path: Path) -> None:
    folder = series_folder("../../etc", tmp_path)
    assert folder.parent == tmp_path
    assert folder.name.isalnum()


def test_what_stands_in_the_file_can_be_read_by_people(tmp_path: Path) -> None:
    save_node(DIMSE, tmp_path / "pacs.json")
    facts = json.loads((tmp_path / "pacs.json").read_text(encoding="utf-8"))
    assert facts["nodes"][0]["tls"] == {"ca_file": "/ca", "cert_file": "/c", "key_file": "/k"}
