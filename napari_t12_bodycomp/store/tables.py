"""The tables as they are now; `migrations` is how they came to be so. Every table has an integer `id` that counts from 1 without gaps.

Times are UTC in ISO 8601, truth values 0 or 1, JSON is text: the same on SQLite and PostgreSQL, so that one digest fits both.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

from napari_t12_bodycomp.model.double_reading import ReadingKind, ReadingState, Take
from napari_t12_bodycomp.model.study import CaseState, Decision, ExclusionReason, SignIn

SINCE = "since"
"""Key in a table's `info`: the revision that brought it; without one, the first."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=False)


def _text(name: str, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _flag(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _ref(name: str, table: str, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, ForeignKey(f"{table}.id"), nullable=nullable)


def _flags(*names: str) -> list[CheckConstraint]:
    return [CheckConstraint(f"{name} IN (0, 1)", name=name) for name in names]


def _one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(v.value) for v in values)})", name=column)


study = Table(
    "study",
    metadata,
    _id(),
    _text("name"),
    _text("created_at"),
    _flag("keep_patient_ids"),
    _flag("blind_review"),
    Column("pseudonym_key", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="single"),
    *_flags("keep_patient_ids", "blind_review"),
)

accounts = Table(
    "accounts",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    _text("password_hash"),
    *(_flag(name) for name in ("lead", "assessor", "reviewer", "rater", "disabled")),
    _text("created_at"),
    *_flags("lead", "assessor", "reviewer", "rater", "disabled"),
)

PROTOCOL_OPTIONS = ("intercostals_are_muscle", "crura_are_muscle", "thoracic_fat_is_visceral", "gas_rims_are_fat")

protocols = Table(
    "protocols",
    metadata,
    _id(),
    _text("preset"),
    _text("windows_hu"),
    Column("slab_mm", Float, nullable=False),
    *(_flag(name) for name in PROTOCOL_OPTIONS),
    _text("note"),
    _text("created_at"),
    *_flags(*PROTOCOL_OPTIONS),
)

cases = Table(
    "cases",
    metadata,
    _id(),
    Column("pseudonym", Text, nullable=False, unique=True),
    Column("patient_id", Text),
    _text("state"),
    Column("revision", Integer, nullable=False),
    Column("current_version_id", Integer),
    _text("sex"),
    Column("age_years", Float),
    Column("height_m", Float),
    _text("height_source"),
    Column("weight_kg", Float),
    _text("weight_source"),
    _text("covariates"),
    _ref("assessor_id", "accounts", nullable=True),
    _ref("reviewer_id", "accounts", nullable=True),
    Column("exclusion", Text),
    _text("exclusion_note"),
    _text("updated_at"),
    _one_of("state", CaseState),
    _one_of("exclusion", ExclusionReason),
    CheckConstraint("(state = 'excluded') = (exclusion IS NOT NULL)", name="exclusion_has_reason"),
    CheckConstraint("revision >= 1", name="revision"),
    Index("ix_cases_state", "state", "pseudonym"),
    Index("ix_cases_assessor_id", "assessor_id", "state"),
    Index("ix_cases_reviewer_id", "reviewer_id", "state"),
    Index("ix_cases_updated_at", "updated_at"),
)

series = Table(
    "series",
    metadata,
    _id(),
    Column("case_id", Integer, ForeignKey("cases.id"), nullable=False, unique=True),
    _text("series_instance_uid"),
    _text("study_instance_uid"),
    Column("acquisition_number", Integer),
    _text("path"),
    Index("ix_series_series_instance_uid", "series_instance_uid"),
)

levels = Table(
    "levels",
    metadata,
    _id(),
    _ref("case_id", "cases"),
    Column("slice_index", Integer, nullable=False),
    Column("z_mm", Float, nullable=False),
    _text("sop_instance_uid"),
    _text("method"),
    _text("confirmed_by"),
    _text("search_status"),
    Column("search_confidence", Float),
    _text("created_at"),
    Index("ix_levels_case_id", "case_id"),
)

region_versions = Table(
    "region_versions",
    metadata,
    _id(),
    _ref("case_id", "cases"),
    Column("number", Integer, nullable=False),
    _ref("author_id", "accounts"),
    Column("base", Integer),
    _flag("kept"),
    _text("origin"),
    _ref("protocol_id", "protocols"),
    _ref("level_id", "levels"),
    Column("rows", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("pixels", LargeBinary, nullable=False),
    _text("checksum"),
    Column("active_seconds", Float, nullable=False),
    _text("created_at"),
    UniqueConstraint("case_id", "number"),
    *_flags("kept"),
)

measurements = Table(
    "measurements",
    metadata,
    _id(),
    Column("version_id", Integer, ForeignKey("region_versions.id"), nullable=False, unique=True),
    *(Column(f"{t}_area_cm2", Float) for t in ("muscle", "visceral_fat", "subcutaneous_fat", "intermuscular_fat")),
    *(Column(name, Float) for name in ("smd_hu", "smi_cm2_m2", "vfi_cm2_m2", "sfi_cm2_m2", "vsr", "height_m")),
    _text("cells"),
)

reviews = Table(
    "reviews",
    metadata,
    _id(),
    _ref("case_id", "cases"),
    _ref("version_id", "region_versions"),
    _ref("account_id", "accounts"),
    _text("decision"),
    _text("reason"),
    Column("case_revision", Integer, nullable=False),
    Column("nonce", Text, nullable=False, unique=True),
    _text("at"),
    _one_of("decision", Decision),
    CheckConstraint("decision NOT IN ('returned', 'reopened') OR trim(reason) <> ''", name="reason"),
    Index("ix_reviews_case_id", "case_id"),
)

comments = Table(
    "comments",
    metadata,
    _id(),
    _ref("case_id", "cases"),
    _ref("version_id", "region_versions"),
    _ref("account_id", "accounts"),
    _text("text"),
    Column("at_row", Float),
    Column("at_column", Float),
    _text("at"),
    CheckConstraint("(at_row IS NULL) = (at_column IS NULL)", name="point"),
    Index("ix_comments_case_id", "case_id"),
)

timings = Table(
    "timings",
    metadata,
    _id(),
    _ref("case_id", "cases"),
    _ref("account_id", "accounts"),
    _text("step"),
    Column("active_seconds", Float, nullable=False),
    _text("at"),
    CheckConstraint("active_seconds >= 0", name="seconds"),
    Index("ix_timings_case_id", "case_id"),
)

reading_plans = Table(
    "reading_plans",
    metadata,
    _id(),
    *(Column(name, Float, nullable=False) for name in ("double_percent", "reread_percent")),
    Column("washout_days", Integer, nullable=False),
    *(Column(name, Float, nullable=False) for name in ("area_percent", "area_floor_cm2", "dice", "level_mm")),
    Column("seed", Integer, nullable=False),
    Column("n_cases", Integer, nullable=False),
    _ref("account_id", "accounts"),
    _text("at"),
    info={SINCE: "0002"},
)

readings = Table(
    "readings",
    metadata,
    _id(),
    _ref("case_id", "cases"),
    _ref("plan_id", "reading_plans"),
    _text("kind"),
    _text("state"),
    _ref("first_reader_id", "accounts"),
    _ref("reader_id", "accounts"),
    _ref("asked_by", "accounts"),
    _text("asked_at"),
    Column("not_before", Text),
    _ref("first_version_id", "region_versions", nullable=True),
    _ref("version_id", "region_versions", nullable=True),
    Column("finished_at", Text),
    _text("differences"),
    _text("note"),
    _one_of("kind", ReadingKind),
    _one_of("state", ReadingState),
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
    _id(),
    Column("reading_id", Integer, ForeignKey("readings.id"), nullable=False, unique=True),
    _ref("case_id", "cases"),
    _ref("account_id", "accounts"),
    _text("take"),
    _text("reason"),
    _ref("version_id", "region_versions"),
    _text("at"),
    _one_of("take", Take),
    Index("ix_adjudications_case_id", "case_id"),
    info={SINCE: "0002"},
)

sign_ins = Table(
    "sign_ins",
    metadata,
    _id(),
    _ref("account_id", "accounts", nullable=True),
    _text("outcome"),
    _ref("by_id", "accounts", nullable=True),
    _text("at"),
    _one_of("outcome", SignIn),
    CheckConstraint("(outcome = 'lifted') = (by_id IS NOT NULL)", name="by"),
    Index("ix_sign_ins_account_id", "account_id", "id"),
    info={SINCE: "0002"},
)

audit = Table(
    "audit",
    metadata,
    _id(),
    _text("at"),
    Column("account_id", Integer),
    _text("action"),
    _text("table_name"),
    Column("row_id", Integer, nullable=False),
    Column("before", Text),
    Column("after", Text),
    _text("previous_hash"),
    _text("hash"),
)

CONTENT: tuple[Table, ...] = tuple(t for t in metadata.sorted_tables if t is not audit)
"""Every table whose rows the audit answers for, parents first."""


def since(table: Table) -> str:
    """The revision that brought a table."""
    return str(table.info.get(SINCE, "0001"))


def content_at(revision: str) -> tuple[Table, ...]:
    """The tables that the audit answered for at `revision`, parents first."""
    return tuple(table for table in CONTENT if since(table) <= revision)


HIDDEN = frozenset({"accounts.password_hash", "study.pseudonym_key", "cases.patient_id", "region_versions.pixels", "measurements.cells"})
"""Columns that the audit holds a digest of, not the value."""
