"""The first tables of a study."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("lead", sa.Integer(), nullable=False),
        sa.Column("assessor", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.Integer(), nullable=False),
        sa.Column("rater", sa.Integer(), nullable=False),
        sa.Column("disabled", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("assessor IN (0, 1)", name=op.f("ck_accounts_assessor")),
        sa.CheckConstraint("disabled IN (0, 1)", name=op.f("ck_accounts_disabled")),
        sa.CheckConstraint("lead IN (0, 1)", name=op.f("ck_accounts_lead")),
        sa.CheckConstraint("rater IN (0, 1)", name=op.f("ck_accounts_rater")),
        sa.CheckConstraint("reviewer IN (0, 1)", name=op.f("ck_accounts_reviewer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "protocols",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("preset", sa.Text(), nullable=False),
        sa.Column("windows_hu", sa.Text(), nullable=False),
        sa.Column("slab_mm", sa.Float(), nullable=False),
        sa.Column("intercostals_are_muscle", sa.Integer(), nullable=False),
        sa.Column("crura_are_muscle", sa.Integer(), nullable=False),
        sa.Column("thoracic_fat_is_visceral", sa.Integer(), nullable=False),
        sa.Column("gas_rims_are_fat", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("crura_are_muscle IN (0, 1)", name=op.f("ck_protocols_crura_are_muscle")),
        sa.CheckConstraint("gas_rims_are_fat IN (0, 1)", name=op.f("ck_protocols_gas_rims_are_fat")),
        sa.CheckConstraint("intercostals_are_muscle IN (0, 1)", name=op.f("ck_protocols_intercostals_are_muscle")),
        sa.CheckConstraint("thoracic_fat_is_visceral IN (0, 1)", name=op.f("ck_protocols_thoracic_fat_is_visceral")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protocols")),
    )
    op.create_table(
        "study",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("keep_patient_ids", sa.Integer(), nullable=False),
        sa.Column("blind_review", sa.Integer(), nullable=False),
        sa.Column("pseudonym_key", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("blind_review IN (0, 1)", name=op.f("ck_study_blind_review")),
        sa.CheckConstraint("id = 1", name=op.f("ck_study_single")),
        sa.CheckConstraint("keep_patient_ids IN (0, 1)", name=op.f("ck_study_keep_patient_ids")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("current_version_id", sa.Integer(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("age_years", sa.Float(), nullable=True),
        sa.Column("height_m", sa.Float(), nullable=True),
        sa.Column("height_source", sa.Text(), nullable=False),
        sa.Column("weight_kg", sa.Float(), nullable=True),
        sa.Column("weight_source", sa.Text(), nullable=False),
        sa.Column("covariates", sa.Text(), nullable=False),
        sa.Column("assessor_id", sa.Integer(), nullable=True),
        sa.Column("reviewer_id", sa.Integer(), nullable=True),
        sa.Column("exclusion", sa.Text(), nullable=True),
        sa.Column("exclusion_note", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.CheckConstraint("(state = 'excluded') = (exclusion IS NOT NULL)", name=op.f("ck_cases_exclusion_has_reason")),
        sa.CheckConstraint(
            "exclusion IN ('no chest CT', 'artefacts', 'refused surgery', 'incomplete follow-up', 'other')", name=op.f("ck_cases_exclusion")
        ),
        sa.CheckConstraint("state IN ('new', 'drafted', 'submitted', 'returned', 'approved', 'excluded')", name=op.f("ck_cases_state")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_cases_revision")),
        sa.ForeignKeyConstraint(["assessor_id"], ["accounts.id"], name=op.f("fk_cases_assessor_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["accounts.id"], name=op.f("fk_cases_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_cases_pseudonym")),
    )
    op.create_index("ix_cases_assessor_id", "cases", ["assessor_id", "state"], unique=False)
    op.create_index("ix_cases_reviewer_id", "cases", ["reviewer_id", "state"], unique=False)
    op.create_index("ix_cases_state", "cases", ["state", "pseudonym"], unique=False)
    op.create_index("ix_cases_updated_at", "cases", ["updated_at"], unique=False)
    op.create_table(
        "levels",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("slice_index", sa.Integer(), nullable=False),
        sa.Column("z_mm", sa.Float(), nullable=False),
        sa.Column("sop_instance_uid", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("search_status", sa.Text(), nullable=False),
        sa.Column("search_confidence", sa.Float(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_levels_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_levels")),
    )
    op.create_index("ix_levels_case_id", "levels", ["case_id"], unique=False)
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("series_instance_uid", sa.Text(), nullable=False),
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("acquisition_number", sa.Integer(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_series_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("case_id", name=op.f("uq_series_case_id")),
    )
    op.create_index("ix_series_series_instance_uid", "series", ["series_instance_uid"], unique=False)
    op.create_table(
        "timings",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("active_seconds", sa.Float(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("active_seconds >= 0", name=op.f("ck_timings_seconds")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_timings_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_timings_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timings")),
    )
    op.create_index("ix_timings_case_id", "timings", ["case_id"], unique=False)
    op.create_table(
        "region_versions",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("protocol_id", sa.Integer(), nullable=False),
        sa.Column("level_id", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("pixels", sa.LargeBinary(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("active_seconds", sa.Float(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("kept IN (0, 1)", name=op.f("ck_region_versions_kept")),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_region_versions_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_region_versions_case_id")),
        sa.ForeignKeyConstraint(["level_id"], ["levels.id"], name=op.f("fk_region_versions_level_id")),
        sa.ForeignKeyConstraint(["protocol_id"], ["protocols.id"], name=op.f("fk_region_versions_protocol_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region_versions")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_region_versions_case_id")),
    )
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at_row", sa.Float(), nullable=True),
        sa.Column("at_column", sa.Float(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("(at_row IS NULL) = (at_column IS NULL)", name=op.f("ck_comments_point")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_comments_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_comments_case_id")),
        sa.ForeignKeyConstraint(["version_id"], ["region_versions.id"], name=op.f("fk_comments_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index("ix_comments_case_id", "comments", ["case_id"], unique=False)
    op.create_table(
        "measurements",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("muscle_area_cm2", sa.Float(), nullable=True),
        sa.Column("visceral_fat_area_cm2", sa.Float(), nullable=True),
        sa.Column("subcutaneous_fat_area_cm2", sa.Float(), nullable=True),
        sa.Column("intermuscular_fat_area_cm2", sa.Float(), nullable=True),
        sa.Column("smd_hu", sa.Float(), nullable=True),
        sa.Column("smi_cm2_m2", sa.Float(), nullable=True),
        sa.Column("vfi_cm2_m2", sa.Float(), nullable=True),
        sa.Column("sfi_cm2_m2", sa.Float(), nullable=True),
        sa.Column("vsr", sa.Float(), nullable=True),
        sa.Column("height_m", sa.Float(), nullable=True),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["region_versions.id"], name=op.f("fk_measurements_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurements")),
        sa.UniqueConstraint("version_id", name=op.f("uq_measurements_version_id")),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("case_revision", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("decision IN ('approved', 'returned', 'corrected', 'reopened')", name=op.f("ck_reviews_decision")),
        sa.CheckConstraint("decision NOT IN ('returned', 'reopened') OR trim(reason) <> ''", name=op.f("ck_reviews_reason")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_reviews_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_reviews_case_id")),
        sa.ForeignKeyConstraint(["version_id"], ["region_versions.id"], name=op.f("fk_reviews_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("nonce", name=op.f("uq_reviews_nonce")),
    )
    op.create_index("ix_reviews_case_id", "reviews", ["case_id"], unique=False)
