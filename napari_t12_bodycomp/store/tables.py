"""The tables as they are now; `migrations` is how they came to be so. Every table has an integer `id` that counts from 1 without gaps.

Times are UTC in ISO 8601, truth values 0 or 1, JSON is text: the same on SQLite and PostgreSQL, so that one digest fits both.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Float, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from napari_t12_bodycomp.model.study import CaseState, Decision, ExclusionReason
from napari_t12_bodycomp.store.columns import SINCE, flag, flags, id_, metadata, one_of, ref, text
from napari_t12_bodycomp.store.tables_double import adjudications, reading_plans, readings, sign_ins

__all__ = [
    "CONTENT",
    "HIDDEN",
    "PROTOCOL_OPTIONS",
    "accounts",
    "adjudications",
    "audit",
    "cases",
    "comments",
    "content_at",
    "levels",
    "measurements",
    "metadata",
    "protocols",
    "reading_plans",
    "readings",
    "region_versions",
    "reviews",
    "series",
    "sign_ins",
    "since",
    "study",
    "timings",
]

study = Table(
    "study",
    metadata,
    id_(),
    text("name"),
    text("created_at"),
    flag("keep_patient_ids"),
    flag("blind_review"),
    Column("pseudonym_key", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="single"),
    *flags("keep_patient_ids", "blind_review"),
)

accounts = Table(
    "accounts",
    metadata,
    id_(),
    Column("name", Text, nullable=False, unique=True),
    text("password_hash"),
    *(flag(name) for name in ("lead", "assessor", "reviewer", "rater", "disabled")),
    text("created_at"),
    *flags("lead", "assessor", "reviewer", "rater", "disabled"),
)

PROTOCOL_OPTIONS = ("intercostals_are_muscle", "crura_are_muscle", "thoracic_fat_is_visceral", "gas_rims_are_fat")

protocols = Table(
    "protocols",
    metadata,
    id_(),
    text("preset"),
    text("windows_hu"),
    Column("slab_mm", Float, nullable=False),
    *(flag(name) for name in PROTOCOL_OPTIONS),
    text("note"),
    text("created_at"),
    *flags(*PROTOCOL_OPTIONS),
)

cases = Table(
    "cases",
    metadata,
    id_(),
    Column("pseudonym", Text, nullable=False, unique=True),
    Column("patient_id", Text),
    text("state"),
    Column("revision", Integer, nullable=False),
    Column("current_version_id", Integer),
    text("sex"),
    Column("age_years", Float),
    Column("height_m", Float),
    text("height_source"),
    Column("weight_kg", Float),
    text("weight_source"),
    text("covariates"),
    ref("assessor_id", "accounts", nullable=True),
    ref("reviewer_id", "accounts", nullable=True),
    Column("exclusion", Text),
    text("exclusion_note"),
    text("updated_at"),
    one_of("state", CaseState),
    one_of("exclusion", ExclusionReason),
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
    id_(),
    Column("case_id", Integer, ForeignKey("cases.id"), nullable=False, unique=True),
    text("series_instance_uid"),
    text("study_instance_uid"),
    Column("acquisition_number", Integer),
    text("path"),
    Index("ix_series_series_instance_uid", "series_instance_uid"),
)

levels = Table(
    "levels",
    metadata,
    id_(),
    ref("case_id", "cases"),
    Column("slice_index", Integer, nullable=False),
    Column("z_mm", Float, nullable=False),
    text("sop_instance_uid"),
    text("method"),
    text("confirmed_by"),
    text("search_status"),
    Column("search_confidence", Float),
    text("created_at"),
    Index("ix_levels_case_id", "case_id"),
)

region_versions = Table(
    "region_versions",
    metadata,
    id_(),
    ref("case_id", "cases"),
    Column("number", Integer, nullable=False),
    ref("author_id", "accounts"),
    Column("base", Integer),
    flag("kept"),
    text("origin"),
    ref("protocol_id", "protocols"),
    ref("level_id", "levels"),
    Column("rows", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("pixels", LargeBinary, nullable=False),
    text("checksum"),
    Column("active_seconds", Float, nullable=False),
    text("created_at"),
    UniqueConstraint("case_id", "number"),
    *flags("kept"),
)

measurements = Table(
    "measurements",
    metadata,
    id_(),
    Column("version_id", Integer, ForeignKey("region_versions.id"), nullable=False, unique=True),
    *(Column(f"{t}_area_cm2", Float) for t in ("muscle", "visceral_fat", "subcutaneous_fat", "intermuscular_fat")),
    *(Column(name, Float) for name in ("smd_hu", "smi_cm2_m2", "vfi_cm2_m2", "sfi_cm2_m2", "vsr", "height_m")),
    text("cells"),
)

reviews = Table(
    "reviews",
    metadata,
    id_(),
    ref("case_id", "cases"),
    ref("version_id", "region_versions"),
    ref("account_id", "accounts"),
    text("decision"),
    text("reason"),
    Column("case_revision", Integer, nullable=False),
    Column("nonce", Text, nullable=False, unique=True),
    text("at"),
    one_of("decision", Decision),
    CheckConstraint("decision NOT IN ('returned', 'reopened') OR trim(reason) <> ''", name="reason"),
    Index("ix_reviews_case_id", "case_id"),
)

comments = Table(
    "comments",
    metadata,
    id_(),
    ref("case_id", "cases"),
    ref("version_id", "region_versions"),
    ref("account_id", "accounts"),
    text("text"),
    Column("at_row", Float),
    Column("at_column", Float),
    text("at"),
    CheckConstraint("(at_row IS NULL) = (at_column IS NULL)", name="point"),
    Index("ix_comments_case_id", "case_id"),
)

timings = Table(
    "timings",
    metadata,
    id_(),
    ref("case_id", "cases"),
    ref("account_id", "accounts"),
    text("step"),
    Column("active_seconds", Float, nullable=False),
    text("at"),
    CheckConstraint("active_seconds >= 0", name="seconds"),
    Index("ix_timings_case_id", "case_id"),
)

audit = Table(
    "audit",
    metadata,
    id_(),
    text("at"),
    Column("account_id", Integer),
    text("action"),
    text("table_name"),
    Column("row_id", Integer, nullable=False),
    Column("before", Text),
    Column("after", Text),
    text("previous_hash"),
    text("hash"),
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
