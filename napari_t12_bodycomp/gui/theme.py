"""Colours, sizes and the style sheet of the dock, the reformats and the footer. Qt is not needed to read them."""

from __future__ import annotations

from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, Region

PANEL = "#262930"
SUNKEN = "#1f2228"
RAISED = "#353942"
EDGE = "#454a55"
TEXT = "#e6e8ec"
MUTED = "#a2a8b4"
FAINT = "#8a909d"
BLUE = "#4f7bd9"
BLUE_LIGHT = "#6b93ea"
DONE = "#2d5c3f"
DONE_TEXT = "#bfe6cd"
GOOD = "#7ccf9b"
WARN_PANEL = "#463713"
WARN_TEXT = "#f3e3b2"
BAD_PANEL = "#552a2a"
BAD_TEXT = "#ffc9c2"
LEVEL = "#F0E442"
"""The level line and everything that belongs to T12."""

DOCK_WIDTH = 396
REFORMAT_WIDTH = 256
GAP = 6
FONT_PX = 12
SMALL_PX = 11
BIG_PX = 19

REGION_TITLES = {Region.MUSCLE: "Muscle", Region.VISCERAL: "Visceral", Region.SUBCUTANEOUS: "Subcut."}


def region_colour(region: Region) -> str:
    """The colour of a region: that of the tissue that it is drawn for."""
    return MAIN_TISSUE[region].colour


def stylesheet() -> str:
    """Qt style sheet for every widget of this package; it reaches only children of a widget that carries it."""
    return f"""
    QWidget {{ color: {TEXT}; font-size: {FONT_PX}px; background: transparent; }}
    QWidget#t12dock, QWidget#t12column, QWidget#t12footer, QScrollArea#t12scroll {{ background: {PANEL}; border: none; }}
    QWidget#t12study {{ background: {PANEL}; }}
    QFrame[role="form"] {{ background: {SUNKEN}; border: 1px solid {RAISED}; border-radius: 6px; }}
    QFrame[role="form"] QLineEdit {{ background: {PANEL}; min-height: 22px; }}
    QTableView {{
        background: {SUNKEN}; alternate-background-color: #23262d; border: 1px solid {RAISED}; border-radius: 4px;
        selection-background-color: #34466f; selection-color: white; outline: none;
    }}
    QTableView::item {{ padding: 0 8px; border: none; }}
    QHeaderView {{ background: {SUNKEN}; }}
    QHeaderView::section {{
        background: {SUNKEN}; color: {MUTED}; border: none; border-bottom: 1px solid {RAISED}; padding: 5px 8px; font-size: {SMALL_PX}px;
    }}
    QCheckBox {{ spacing: 5px; }}
    QMenu {{ background: {PANEL}; border: 1px solid {EDGE}; }}
    QMenu::item:selected {{ background: {BLUE}; }}
    QLabel {{ background: transparent; padding: 0; margin: 0; }}
    QLabel[role="heading"] {{ color: {MUTED}; font-size: {SMALL_PX}px; font-weight: bold; }}
    QLabel[role="muted"] {{ color: {MUTED}; font-size: {SMALL_PX}px; }}
    QLabel[role="small"] {{ font-size: {SMALL_PX}px; }}
    QLabel[role="big"] {{ font-size: {BIG_PX}px; font-weight: bold; }}
    QLabel[role="strong"] {{ font-weight: bold; }}
    QLabel[role="key"] {{
        color: {MUTED}; font-size: 10px; border: 1px solid {EDGE}; border-radius: 3px; padding: 0 3px; max-height: 13px; min-height: 13px;
    }}
    QPushButton[role="primary"] QLabel[role="key"] {{ color: white; border-color: #b9c9f2; }}
    QLabel[role="note"] {{ background: {SUNKEN}; color: {TEXT}; border-radius: 4px; padding: 5px 8px; }}
    QLabel[role="warning"] {{ background: {WARN_PANEL}; color: {WARN_TEXT}; border-radius: 4px; padding: 5px 8px; }}
    QLabel[role="error"] {{ background: {BAD_PANEL}; color: {BAD_TEXT}; border-radius: 4px; padding: 5px 8px; }}
    QLabel[role="beyond"] {{ color: {WARN_TEXT}; font-size: {SMALL_PX}px; font-weight: bold; }}
    QLabel[role="good"] {{ color: {GOOD}; }}
    QFrame[role="card"] {{ background: {SUNKEN}; border: 1px solid {SUNKEN}; border-radius: 4px; }}
    QFrame[role="line"] {{ background: {RAISED}; border: none; margin: 0; padding: 0; }}
    QPushButton, QToolButton {{
        background: {RAISED}; color: {TEXT}; border: 1px solid {RAISED}; border-radius: 4px; padding: 4px 8px; min-height: 17px;
    }}
    QPushButton:hover, QToolButton:hover {{ border-color: {FAINT}; }}
    QPushButton:focus, QToolButton:focus {{ border-color: {BLUE_LIGHT}; }}
    QPushButton:disabled, QToolButton:disabled {{ color: {FAINT}; background: {SUNKEN}; border-color: {SUNKEN}; }}
    QPushButton:checked, QToolButton:checked {{ background: {BLUE}; border-color: {BLUE}; color: white; }}
    QPushButton[role="primary"] {{ background: {BLUE}; border-color: {BLUE}; color: white; font-weight: bold; padding: 6px 10px; }}
    QPushButton[role="primary"]:hover {{ background: {BLUE_LIGHT}; }}
    QPushButton[role="primary"]:disabled {{ background: {RAISED}; border-color: {RAISED}; color: {FAINT}; }}
    QPushButton[role="second"] {{ padding: 6px 10px; }}
    QPushButton[role="candidate"] {{ background: {SUNKEN}; border: 1px solid {EDGE}; padding: 0; text-align: left; }}
    QPushButton[role="candidate"]:hover {{ border-color: {LEVEL}; }}
    QPushButton[role="candidate"]:checked {{ background: {SUNKEN}; border: 2px solid {LEVEL}; }}
    QPushButton[state="done"] {{ background: {DONE}; border-color: {DONE}; color: {DONE_TEXT}; font-weight: bold; }}
    QPushButton[state="now"] {{ background: {BLUE}; border-color: {BLUE}; color: white; font-weight: bold; }}
    QPushButton[state="later"] {{ background: {RAISED}; border-color: {RAISED}; color: {MUTED}; font-weight: bold; }}
    QPushButton[shown="true"] {{ border-color: {TEXT}; }}
    QToolButton[role="link"], QPushButton[role="link"] {{
        background: transparent; border: none; color: {BLUE_LIGHT}; padding: 0 2px; text-align: left;
    }}
    QToolButton[role="link"]:hover, QPushButton[role="link"]:hover {{ color: {TEXT}; text-decoration: underline; }}
    QToolButton::menu-indicator {{ image: none; width: 0; }}
    QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox {{
        background: {SUNKEN}; border: 1px solid {EDGE}; border-radius: 4px; padding: 2px 6px; min-height: 18px;
        selection-background-color: {BLUE};
    }}
    QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {{ border-color: {BLUE_LIGHT}; }}
    QLineEdit[bad="true"] {{ border-color: #ff8d80; }}
    QComboBox {{ padding-right: 2px; }}
    QComboBox[bad="true"] {{ border-color: #ff8d80; }}
    QComboBox QLineEdit {{ border: none; padding: 0; min-height: 0; background: transparent; }}
    QComboBox QAbstractItemView {{ background: {SUNKEN}; border: 1px solid {EDGE}; selection-background-color: {BLUE}; }}
    QProgressBar {{ background: {SUNKEN}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }}
    QProgressBar::chunk {{ background: {BLUE}; border-radius: 3px; }}
    QScrollBar:vertical {{ background: {PANEL}; width: 8px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {EDGE}; border-radius: 3px; min-height: 30px; margin: 0 1px; }}
    QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical {{ height: 0; }}
    QScrollBar::add-page:vertical, QScrollBar::sub-page:vertical {{ background: {PANEL}; }}
    QScrollArea {{ border: none; background: transparent; }}
    QListWidget#t12list {{ background: {SUNKEN}; border: 1px solid {SUNKEN}; border-radius: 4px; font-size: {SMALL_PX}px; outline: none; }}
    QListWidget#t12list::item {{ padding: 0 5px; border: none; border-left: 2px solid transparent; }}
    QListWidget#t12list::item:hover {{ background: {RAISED}; }}
    QListWidget#t12list::item:selected {{ background: {RAISED}; color: {TEXT}; border-left: 2px solid {BLUE_LIGHT}; }}
    QToolTip {{ background: {SUNKEN}; color: {TEXT}; border: 1px solid {EDGE}; padding: 3px; }}
    QMenu {{ background: {SUNKEN}; border: 1px solid {EDGE}; }}
    QMenu::item {{ padding: 4px 18px; }}
    QMenu::item:selected {{ background: {BLUE}; }}
    """
