"""Forms of the study: sign in, make a study, take somebody in. A form says what is wrong in one sentence and keeps what was typed, but no password."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import QSettings, Qt, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QCheckBox, QFileDialog, QFrame, QGridLayout, QLineEdit, QPushButton, QWidget

from napari_t12_bodycomp.errors import T12Error
from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.study_flow import StudyFlow
from napari_t12_bodycomp.model.double_reading import Limits, ReadingChoice
from napari_t12_bodycomp.model.study import Role
from napari_t12_bodycomp.workflow.study import DEFAULT_FILE, without_password

FORM_WIDTH = 460
_LABEL_WIDTH = 110
STUDY_TIP = "The study's file, or the address of its database (postgresql+psycopg://user@host/name)"


class Entry(QLineEdit):
    """A line of a form; Enter hands the whole form in and goes no further, since the window has an Enter of its own."""

    handed_in = Signal()

    def __init__(self, tip: str, secret: bool = False) -> None:
        super().__init__()
        self.setToolTip(tip)
        if secret:
            self.setEchoMode(QLineEdit.EchoMode.Password)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.handed_in.emit()
            event.accept()
            return
        super().keyPressEvent(event)


class Form(QFrame):
    """A title, lines with names, a button, and the sentence that says what is wrong."""

    def __init__(self, title: str, button: str) -> None:
        super().__init__()
        self.setProperty("role", "form")
        self.setFixedWidth(FORM_WIDTH)
        self._lines = QGridLayout()
        self._lines.setHorizontalSpacing(10)
        self._lines.setVerticalSpacing(8)
        self._lines.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self.wrong = widgets.label("", "error", wrap=True)
        self.wrong.hide()
        self.button = QPushButton(button)
        self.button.setProperty("role", "primary")
        self.button.clicked.connect(self.hand_in)
        self.below = widgets.row(None)
        self._entries: list[Entry] = []
        self.setLayout(
            widgets.column(
                widgets.label(title, "big"),
                self._lines,
                self.wrong,
                widgets.row(self.button, None),
                self.below,
                gap=12,
                margins=(22, 20, 22, 20),
            )
        )

    def add_line(self, name: str, widget: QWidget, *more: QWidget) -> None:
        """Add a line of the form."""
        place = self._lines.rowCount()
        title = widgets.label(name, "muted")
        self._lines.addWidget(title, place, 0)
        self._lines.addLayout(widgets.row(widget, *more), place, 1)
        if isinstance(widget, Entry):
            widget.handed_in.connect(self.hand_in)
            self._entries.append(widget)

    def focus(self) -> None:
        """Put the cursor where something is missing, else into the last line."""
        next((line for line in self._entries if not line.text()), self._entries[-1]).setFocus()

    def hand_in(self) -> None:
        """Do what the form is for."""
        raise NotImplementedError

    def begin(self) -> None:
        """Show that it is being done."""
        self.button.setEnabled(False)
        widgets.set_text(self.wrong, "", hide_empty=True)

    def end(self, sentence: str) -> None:
        """Say what was wrong, "" for nothing."""
        self.button.setEnabled(True)
        widgets.set_text(self.wrong, sentence, hide_empty=True)


class SignInForm(Form):
    """Which study, who, and the password."""

    def __init__(self, study: StudyFlow, settings: QSettings) -> None:
        super().__init__("Sign in to a study", "Sign in")
        self._study, self._settings = study, settings
        self.where = Entry(STUDY_TIP)
        self.where.setText(str(settings.value("study", "")))
        self.where.setPlaceholderText("file, or postgresql+psycopg://…")
        choose = QPushButton("…")
        choose.setToolTip("Choose the study's file")
        choose.clicked.connect(self._choose)
        self.name = Entry("Your name or code in the study")
        self.name.setText(str(settings.value("study_name", "")))
        self.password = Entry("Your password in the study", secret=True)
        self.add_line("Study", self.where, choose)
        self.add_line("Name", self.name)
        self.add_line("Password", self.password)
        self.make = QPushButton("Make a new study …")
        self.make.setProperty("role", "link")
        self.below.insertWidget(0, self.make)

    def _choose(self) -> None:
        file, _ = QFileDialog.getOpenFileName(self, "Open a study", self.where.text(), "Studies (*.sqlite);;All files (*)")
        if file:
            self.where.setText(file)

    def hand_in(self) -> None:
        where, name, password = self.where.text().strip(), self.name.text().strip(), self.password.text()
        if not (where and name and password):
            self.end("The study, your name and your password are wanted: fill in what is empty.")
            self.focus()
            return
        self.begin()
        self.password.clear()
        self._study.sign_in(where, name, password, lambda sentence: self._on_done(where, name, sentence))

    def _on_done(self, where: str, name: str, sentence: str) -> None:
        self.end(sentence)
        if sentence:
            self.password.setFocus()
        else:
            remember(self._settings, where, name)


class CreateForm(Form):
    """A new study in one step: where, what it is called, and its first lead."""

    def __init__(self, study: StudyFlow, settings: QSettings) -> None:
        super().__init__("Make a new study", "Make the study")
        self._study, self._settings = study, settings
        self.where = Entry(STUDY_TIP)
        self.where.setText(str(Path.home() / DEFAULT_FILE))
        choose = QPushButton("…")
        choose.setToolTip("Choose where the study's file is made")
        choose.clicked.connect(self._choose)
        self.title = Entry("What the study is called")
        self.name = Entry("Your name or code: you are the study's lead")
        self.password = Entry("At least 8 characters", secret=True)
        self.again = Entry("The same password again", secret=True)
        self.add_line("File", self.where, choose)
        self.add_line("Study's name", self.title)
        self.add_line("Your name", self.name)
        self.add_line("Password", self.password)
        self.add_line("Again", self.again)
        self.back = QPushButton("Back to sign in")
        self.back.setProperty("role", "link")
        self.below.insertWidget(0, self.back)

    def _choose(self) -> None:
        file, _ = QFileDialog.getSaveFileName(self, "A file for the study", self.where.text(), "Studies (*.sqlite)")
        if file:
            self.where.setText(file if "." in Path(file).name else f"{file}.t12.sqlite")

    def hand_in(self) -> None:
        where, title, name = self.where.text().strip(), self.title.text().strip(), self.name.text().strip()
        password, again = self.password.text(), self.again.text()
        if not (where and title and name and password):
            self.end("A file, the study's name, your name and a password are wanted: fill in what is empty.")
        elif password != again:
            self.end("The same password twice is wanted, two came: type them again.")
        else:
            self.begin()
            self.password.clear()
            self.again.clear()
            self._study.create(where, title, name, password, lambda sentence: self._on_done(where, name, sentence))

    def _on_done(self, where: str, name: str, sentence: str) -> None:
        self.end(sentence)
        if not sentence:
            remember(self._settings, where, name)


class AccountForm(Form):
    """A lead takes somebody in."""

    def __init__(self, study: StudyFlow, done: Callable[[], None]) -> None:
        super().__init__("Take somebody in", "Add the account")
        self._study, self._done = study, done
        self.name = Entry("A sign-in name or code; the export names people by it")
        self.password = Entry("A first password of at least 8 characters, to be changed by its owner", secret=True)
        self.roles = {role: QCheckBox(role.value) for role in Role}
        self.roles[Role.ASSESSOR].setChecked(True)
        self.add_line("Name", self.name)
        self.add_line("First password", self.password)
        self.add_line("Roles", *self.roles.values())
        self.back = QPushButton("Back to the worklist")
        self.back.setProperty("role", "link")
        self.below.insertWidget(0, self.back)

    def hand_in(self) -> None:
        roles = frozenset(role for role, box in self.roles.items() if box.isChecked())
        name, password = self.name.text().strip(), self.password.text()
        if not (name and password and roles):
            self.end("A name, a first password and at least one role are wanted: fill in what is empty.")
            return
        self.begin()
        self.password.clear()
        self._study.add_account(name, password, roles, self._on_done)

    def _on_done(self, sentence: str) -> None:
        self.end(sentence)
        if not sentence:
            self.name.clear()
            self._done()


class ReadTwiceForm(Form):
    """A lead chooses which share of the cases is read twice, and how far two readings may be apart."""

    def __init__(self, study: StudyFlow, done: Callable[[], None]) -> None:
        super().__init__("Read a share of the cases twice", "Choose at random")
        self._study, self._done = study, done
        usual = Limits()
        self.double = Entry("Share of the cases, in percent, that a second assessor reads without seeing the first reading")
        self.reread = Entry("Share of the cases, in percent, that come back to the same assessor")
        self.washout = Entry("Days between the first reading and the re-read")
        self.area = Entry("A tissue's two areas further apart than this, in percent of their mean, go to adjudication")
        self.level = Entry("Two levels further apart than this, in mm, go to adjudication")
        self.dice = Entry("Two regions that overlap less than this go to adjudication")
        lines = (
            ("Second reader, %", self.double, 10.0),
            ("Same reader, %", self.reread, 0.0),
            ("Wash-out, days", self.washout, 30.0),
            ("Areas apart, %", self.area, usual.area_percent),
            ("Levels apart, mm", self.level, usual.level_mm),
            ("Least Dice", self.dice, usual.dice),
        )
        for name, line, value in lines:
            line.setText(f"{value:g}")
            self.add_line(name, line)
        self.back = QPushButton("Back to the worklist")
        self.back.setProperty("role", "link")
        self.below.insertWidget(0, self.back)

    def hand_in(self) -> None:
        fields = (self.double, self.reread, self.washout, self.area, self.level, self.dice)
        try:
            double, reread, days, area, level, dice = (float(field.text().replace(",", ".")) for field in fields)
            choice = ReadingChoice(double, reread, round(days), Limits(area_percent=area, dice=dice, level_mm=level))
        except ValueError:
            self.end("A number in every line is wanted, something else came: correct it.")
        except T12Error as error:
            self.end(str(error))
        else:
            self.begin()
            self._study.read_twice(choice, self._on_done)

    def _on_done(self, sentence: str) -> None:
        self.end(sentence)
        if not sentence:
            self._done()


def remember(settings: QSettings, where: str, name: str) -> None:
    """Remember the study and the name for the next time; a password in a database's address is left out."""
    settings.setValue("study", without_password(where))
    settings.setValue("study_name", name)
