"""Adding an archive: its address, how it is spoken to, and a password that goes into the system's keyring."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtWidgets import QComboBox, QFileDialog, QFrame, QGridLayout, QLineEdit, QPushButton, QWidget

from napari_t12_bodycomp.errors import T12Error, UsageError
from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.model.pacs import OWN_AE_TITLE, Credential, Node, NodeKind, Retrieval, Tls

KINDS = ("DICOM (C-GET)", "DICOM (C-MOVE)", "DICOMweb")
_DIMSE = ("host", "port", "ae_title", "own_ae_title", "listen_port")
_WEB = ("url", "user", "secret")
_FIELDS = {
    "name": ("Name", "What to call it here"),
    "host": ("Host", "Its address"),
    "port": ("Port", "Its DICOM port"),
    "ae_title": ("AE title", "What the archive calls itself"),
    "own_ae_title": ("Own AE title", "What the archive calls this computer"),
    "listen_port": ("Own port", "The port of this computer that the archive sends images to"),
    "url": ("URL", "Root of its DICOMweb services, such as https://pacs.example/dicom-web"),
    "user": ("User", "Empty where a token or nothing is wanted"),
    "secret": ("Password or token", "Kept in the system's keyring, never in a file; without a keyring it is asked for each time"),
    "ca": ("Authorities (PEM)", "TLS: whom to trust; empty: those of this computer"),
    "cert": ("Own certificate (PEM)", "TLS: empty where the archive does not ask for one"),
    "key": ("Its key (PEM)", "TLS: the key that belongs to it"),
}


class NodeForm(QFrame):
    """Fields for one archive. `add` gets the node and the password."""

    def __init__(self, add: Callable[[Node, str], None], back: Callable[[], None]) -> None:
        super().__init__()
        self._add = add
        self.setProperty("role", "form")
        self.setFixedWidth(520)
        self.kind = QComboBox()
        self.kind.addItems(KINDS)
        self.kind.setToolTip("How the archive is spoken to")
        self.tls = QComboBox()
        self.tls.addItems(("open line", "TLS"))
        self.tls.setToolTip("Whether the DICOM line is encrypted and both ends are checked")
        self.fields: dict[str, QLineEdit] = {}
        self._labels: dict[str, QWidget] = {}
        grid = QGridLayout()
        grid.setVerticalSpacing(6)
        grid.addWidget(widgets.label("Spoken to by", "muted"), 0, 0)
        grid.addWidget(self.kind, 0, 1)
        for row, (name, (title, tip)) in enumerate(_FIELDS.items(), 1):
            self._labels[name], self.fields[name] = widgets.label(title, "muted"), QLineEdit()
            self.fields[name].setToolTip(tip)
            self.fields[name].returnPressed.connect(self.hand_in)
            grid.addWidget(self._labels[name], row, 0)
            grid.addWidget(self.fields[name], row, 1)
            if name in ("ca", "cert", "key"):
                grid.addWidget(self._chooser(name), row, 2)
        self._tls_label = widgets.label("Line", "muted")
        grid.addWidget(self._tls_label, len(_FIELDS) + 1, 0)
        grid.addWidget(self.tls, len(_FIELDS) + 1, 1)
        self.fields["secret"].setEchoMode(QLineEdit.EchoMode.Password)
        self.fields["own_ae_title"].setText(OWN_AE_TITLE)
        self.trouble = widgets.label("", "error", wrap=True)
        self.trouble.hide()
        self.save = QPushButton("Add the archive")
        self.save.setProperty("role", "primary")
        self.save.setToolTip("Remember this archive on this computer")
        self.save.clicked.connect(self.hand_in)
        leave = QPushButton("Back")
        leave.setToolTip("Add nothing")
        leave.clicked.connect(back)
        self.setLayout(
            widgets.column(
                widgets.label("Add an archive", "big"),
                grid,
                self.trouble,
                widgets.row(None, leave, self.save),
                gap=12,
                margins=(22, 18, 22, 18),
            )
        )
        self.kind.currentTextChanged.connect(lambda _: self._show_kind())
        self._show_kind()

    def hand_in(self) -> None:
        """Add what stands in the fields, or say what is wrong with it."""
        try:
            node = self._node()
            self._add(node, self.fields["secret"].text() if node.needs_secret else "")
        except T12Error as error:
            widgets.set_text(self.trouble, str(error), hide_empty=True)
            return
        self.fields["secret"].clear()
        widgets.set_text(self.trouble, "", hide_empty=True)

    def _node(self) -> Node:
        text = {name: field.text().strip() for name, field in self.fields.items()}
        files = [text[name] for name in ("ca", "cert", "key")]
        safe = self.tls.currentText() == "TLS" or any(files)
        tls = Tls(*(str(Path(file).expanduser().absolute()) if file else "" for file in files)) if safe else None
        if self.kind.currentText() == KINDS[2]:
            credential = Credential.BASIC if text["user"] else Credential.BEARER if self.fields["secret"].text() else Credential.NONE
            return Node(text["name"], NodeKind.DICOMWEB, url=text["url"], credential=credential, user=text["user"], tls=tls)
        retrieval = Retrieval.MOVE if self.kind.currentText() == KINDS[1] else Retrieval.GET
        listen_port = _number(text["listen_port"], "own port") if retrieval is Retrieval.MOVE else 0
        return Node(
            text["name"],
            NodeKind.DIMSE,
            text["host"],
            _number(text["port"], "port"),
            text["ae_title"],
            text["own_ae_title"],
            retrieval,
            listen_port=listen_port,
            tls=tls,
        )

    def _show_kind(self) -> None:
        is_web, is_move = self.kind.currentText() == KINDS[2], self.kind.currentText() == KINDS[1]
        shown = dict.fromkeys(_DIMSE, not is_web) | dict.fromkeys(_WEB, is_web) | {"listen_port": is_move}
        for name, visible in shown.items():
            self._labels[name].setVisible(visible)
            self.fields[name].setVisible(visible)
        self.tls.setVisible(not is_web)
        self._tls_label.setVisible(not is_web)

    def _chooser(self, name: str) -> QPushButton:
        button = QPushButton("…")
        button.setToolTip("Choose the file")

        def choose() -> None:
            file, _ = QFileDialog.getOpenFileName(self, _FIELDS[name][0], "", "PEM (*.pem *.crt *.key);;All files (*)")
            if file:
                self.fields[name].setText(file)

        button.clicked.connect(choose)
        return button


def _number(text: str, what: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise UsageError(f"A number is wanted for the {what}: give the one that the archive's administrators name.")
    return int(text)
