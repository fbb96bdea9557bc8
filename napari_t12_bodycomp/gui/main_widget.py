"""The dock: one column that shows what the step at hand needs, and always the numbers."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from napari_t12_bodycomp.gui import theme, widgets
from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.desk import Desk
from napari_t12_bodycomp.gui.jobs import Jobs
from napari_t12_bodycomp.gui.panel_case import CasePanel
from napari_t12_bodycomp.gui.panel_comments import CommentsPanel, ReturnedPanel
from napari_t12_bodycomp.gui.panel_cutoffs import CutoffsPanel
from napari_t12_bodycomp.gui.panel_decide import DecidePanel
from napari_t12_bodycomp.gui.panel_dispute import DisputePanel
from napari_t12_bodycomp.gui.panel_draw import DrawPanel
from napari_t12_bodycomp.gui.panel_export import ExportPanel
from napari_t12_bodycomp.gui.panel_flags import FlagsPanel
from napari_t12_bodycomp.gui.panel_histogram import HistogramPanel
from napari_t12_bodycomp.gui.panel_level import LevelPanel
from napari_t12_bodycomp.gui.panel_protocol import ProtocolPanel
from napari_t12_bodycomp.gui.panel_review import ReviewPanel
from napari_t12_bodycomp.gui.panel_save import JobPanel, ResumePanel, SavePanel
from napari_t12_bodycomp.gui.panel_stats import StatsPanel
from napari_t12_bodycomp.gui.panel_steps import StepsPanel
from napari_t12_bodycomp.gui.panel_study import StudyPanel
from napari_t12_bodycomp.gui.panel_subject import SubjectPanel
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.workflow.seat import Seat
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState, Step

MARGIN = 12
GAP = 9


class _Column(QWidget):
    """What scrolls: as high as it must be at its width, so that the histogram gives way before a scroll bar appears."""

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        layout = self.layout()
        return layout.minimumHeightForWidth(width) if layout is not None else -1

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(0, max(0, self.heightForWidth(self.width() or theme.DOCK_WIDTH)))


class MainWidget(QWidget):
    """The dock column: steps, the controls of the step shown, numbers, Save and the one next action."""

    def __init__(self, session: Session, actions: Actions, jobs: Jobs, desk: Desk, seat: Seat | None = None) -> None:
        super().__init__()
        self.setObjectName("t12dock")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(theme.stylesheet())
        self._session = session
        rest = (session, actions, jobs, desk, seat)
        self.steps = StepsPanel(*rest)
        self.job = JobPanel(*rest)
        self.resume = ResumePanel(*rest)
        self.study = StudyPanel(*rest)
        self.case = CasePanel(*rest)
        self.level = LevelPanel(*rest)
        self.draw = DrawPanel(*rest)
        self.returned = ReturnedPanel(*rest)
        self.review = ReviewPanel(*rest)
        self.dispute = DisputePanel(*rest)
        self.comments = CommentsPanel(*rest)
        self.decide = DecidePanel(*rest)
        self.export = ExportPanel(*rest)
        self.protocol = ProtocolPanel(*rest)
        self.stats = StatsPanel(*rest)
        self.histogram = HistogramPanel(*rest)
        self.subject = SubjectPanel(*rest)
        self.cutoffs = CutoffsPanel(*rest)
        self.flags = FlagsPanel(*rest)
        self.save = SavePanel(*rest)
        self._pages: dict[Step, QWidget] = {
            Step.OPEN: self.case,
            Step.LEVEL: self.level,
            Step.DRAW: self.draw,
            Step.REVIEW: self.review,
            Step.EXPORT: self.export,
        }
        self._build()
        self.steps.chosen.connect(self.show_step)
        self.comments.counted.connect(lambda: self.show_step(self.shown_step))
        session.changed.connect(self._redraw)
        self._redraw(None, session.state)

    def _build(self) -> None:
        inside = _Column()
        inside.setObjectName("t12column")
        column = QVBoxLayout(inside)
        column.setContentsMargins(MARGIN, 0, MARGIN, 0)
        column.setSpacing(GAP)
        numbers = (self.protocol, self.stats, self.histogram, self.subject, self.cutoffs, self.flags)
        for widget in (self.job, self.resume, self.study, self.returned, self.dispute, *self._pages.values(), self.comments, *numbers):
            column.addWidget(widget)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("t12scroll")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        self.scroll = scroll
        self.steps.layout().setContentsMargins(MARGIN, 0, MARGIN, 0)
        for foot in (self.decide, self.save):
            foot.layout().setContentsMargins(MARGIN, 0, MARGIN, 0)
        self.setLayout(widgets.column(self.steps, scroll, self.decide, self.save, gap=GAP, margins=(0, 10, 0, 10)))
        self.setFixedWidth(theme.DOCK_WIDTH)

    def show_step(self, step: Step) -> None:
        """Show the controls of `step`; the case itself stays at the step where it is."""
        for one, page in self._pages.items():
            page.setVisible(one is step)
        self.study.setVisible(step is Step.OPEN)
        state = self._session.state
        is_case = state.volume is not None and step is not Step.OPEN
        for panel in (self.protocol, self.subject, self.cutoffs):
            panel.setVisible(is_case)
        for panel in (self.stats, self.histogram, self.flags):
            panel.setVisible(is_case and state.level is not None)
        self._fit_review(state, step)
        self.steps.show_chosen(step)
        self.shown_step = step

    def _fit_review(self, state: SessionState, step: Step) -> None:
        """Show what others said; leave out what cannot be chosen in a review, and pictures of numbers that are hidden."""
        is_study = state.volume is not None and state.case_state is not None
        self.returned.setVisible(is_study and step in (Step.LEVEL, Step.DRAW))
        self.comments.setVisible(is_study and (step is Step.REVIEW or (step is Step.DRAW and self.comments.list.count() > 0)))
        if step is Step.REVIEW:
            for panel in (self.protocol, self.cutoffs):
                panel.hide()
        self.stats.table.setHidden(step is Step.REVIEW and bool(state.numbers_hidden))
        if state.numbers_hidden:
            self.histogram.hide()

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.step is not new.step or old.volume is not new.volume:
            self.show_step(Step.REVIEW if new.case_state is CaseState.APPROVED else new.step)
        elif (old.level is None, old.numbers_hidden, old.case_state) != (new.level is None, new.numbers_hidden, new.case_state):
            self.show_step(self.shown_step)
