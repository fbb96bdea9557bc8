"""The tables of double reading and of signing in."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Float, ForeignKey, Index, Integer, Table, Text

from napari_t12_bodycomp.model.double_reading import ReadingKind, ReadingState, Take
from napari_t12_bodycomp.model.study import SignIn
from napari_t12_bodycomp.store.columns import SINCE, id_, metadata, one_of, ref, text

reading_plans = Table(
    "reading_plans",
    metadata,
    id_(),
    *(Column(name, Float, nullable=False) for name in ("double_percent", "reread_percent")),
    Column("washout_days", Integer, nullable=False),
    *(Column(name, Float, nullable=False) for name in ("area_percent", "area_floor_cm2", "dice", "level_mm")),
    Column("seed", Integer, nullable=False),
    Column("n_cases", Integer, nullable=False),
    ref("account_id", "accounts"),
    text("at"),
    info={SINCE: "0002"},
)

readings = Table(
    "readings",
    metadata,
    id_(),
    ref("case_id", "cases"),
    ref("plan_id", "reading_plans"),
    text("kind"),
    text("state"),
    ref("first_reader_id", "accounts"),
    ref("reader_id", "accounts"),
    ref("asked_by", "accounts"),
    text("asked_at"),
    Column("not_before", Text),
    ref("first_version_id", "region_versions", nullable=True),
    ref("version_id", "region_versions", nullable=True),
    Column("finished_at", Text),
    text("differences"),
    text("note"),
    one_of("kind", ReadingKind),
    one_of("state", ReadingState),
    CheckConstraint("(kind = 'reread') = (reader_id = first_reader_id)", name="readers"),
    CheckConstraint("(version_id IS NULL) = (finished_at IS NULL)", name="finished"),
    Index("ix_readings_case_id", "case_id"),
    Index("ix_readings_reader_id", "reader_id", "state", "case_id"),
    Index("ix_readings_state", "state", "kind", "case_id"),
    info={SINCE: "0002"},
)

adjudications = Table(
    "adjudications",
    metadata,
    id_(),
    Column("reading_id", Integer, ForeignKey("readings.id"), nullable=False, unique=True),
    ref("case_id", "cases"),
    ref("account_id", "accounts"),
    text("take"),
    text("reason"),
    ref("version_id", "region_versions"),
    text("at"),
    one_of("take", Take),
    Index("ix_adjudications_case_id", "case_id"),
    info={SINCE: "0002"},
)

sign_ins = Table(
    "sign_ins",
    metadata,
    id_(),
    ref("account_id", "accounts", nullable=True),
    text("outcome"),
    ref("by_id", "accounts", nullable=True),
    text("at"),
    one_of("outcome", SignIn),
    CheckConstraint("(outcome = 'lifted') = (by_id IS NOT NULL)", name="by"),
    Index("ix_sign_ins_account_id", "account_id", "id"),
    info={SINCE: "0002"},
)
