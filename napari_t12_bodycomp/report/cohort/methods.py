"""What was done, in sentences for a study's methods section, and what to know about the study that the steps come from."""

from __future__ import annotations

from napari_t12_bodycomp.model.cohort_analysis import EVENT, CohortAnalysis, Matched
from napari_t12_bodycomp.model.cohort_variables import COVARIATES
from napari_t12_bodycomp.model.rush import SLOW_BELOW

_NINE = (
    "The study says that nine covariates were matched on and lists eight; its results add the injured limb, which is taken here as the ninth.",
)


def methods(analysis: CohortAnalysis) -> list[str]:
    """One paragraph a step."""
    plan = analysis.plan
    event, other = plan.groups
    found = [
        f"Outcome: {plan.outcome}. The two groups are {event} (the event) and {other}.",
        "Description: Shapiro-Wilk (Royston 1995) in each group; mean ± SD where it rejects normality in neither (p ≥ 0.05), else median "
        "(IQR, quartiles of type 6, as SPSS prints them); counts as n (%), of those whose value is known.",
        "Comparison: Student's t test where both groups look normal and Levene's test does not reject equal variances, Welch's where it does; "
        "else the Mann-Whitney U test (asymptotic, corrected for ties, without continuity correction, as SPSS). Categories: Pearson's chi-square "
        "without Yates' correction; Fisher's exact test (Freeman-Halton for larger tables) where fewer than 5 are expected in a cell. Tests are "
        "two-sided; p values are not adjusted for their number. Matched groups are compared by the same tests, as the study did; what takes the "
        "pairs for pairs is the conditional regression.",
    ]
    if plan.has_change:
        found.append(
            "Correlation: Spearman's rho of each index with the change in the agreed RUSH total from day 1 to month 1; the line in the figure is "
            "least squares and only illustrates."
        )
    found += [_matching(analysis, place.title, place.matched) for place in analysis.places if place.matched]
    threshold = analysis.places[0].regressions.selection.threshold
    found += [
        f"Logistic regression: each candidate ({', '.join(plan.candidates)}) alone, then those with p < {threshold:g} together (Wald's p; the "
        "likelihood ratio's for several coefficients). Selection by p makes the p values that follow too small; the model of all candidates "
        "stands beside it. Categories are compared with a stated reference, never entered as numbers. Separation is looked for by linear "
        "programming; an estimate that would be infinite is not given. With fewer than 10 events (of the rarer outcome) for each coefficient "
        "the table says so.",
        "ROC: empirical curve, DeLong's standard error, interval and p against 0.5; the side of a marker that means the event is that on which "
        "the median of the patients with the event lies; cut-off by the largest Youden index at midpoints of neighbouring values, ties decided on "
        "counts and the most sensitive taken; Wilson's intervals of shares (Clopper-Pearson's and Wald's are in results.json).",
    ]
    if any(place.raters for place in analysis.places):
        found.append(
            "Raters: intraclass correlation of the totals with F intervals (Shrout and Fleiss 1979), six forms in results.json; patients scored by "
            "every rater of a group. The agreed total is the one that the raters noted; it is never computed."
        )
    return found


def _matching(analysis: CohortAnalysis, title: str, pairs: Matched) -> str:
    matching = pairs.matching
    event, other = analysis.plan.groups
    chooses, chosen = (event, other) if matching.propensity.treated == EVENT else (other, event)
    return (
        f"Matching in {title.lower()}: propensity score by logistic regression on {', '.join(analysis.plan.covariates)}; greedy nearest neighbour "
        f"1:1 without replacement (MatchIt's rules); the smaller group ({chooses}) chooses among {chosen}, {matching.order.value}; caliper "
        f"{matching.caliper.width:g} {matching.caliper.scale.value}. {len(matching.pairs)} pairs, {len(matching.unmatched)} without a partner. "
        f"Conditional logistic regression of the pairs on {', '.join(analysis.plan.pair_predictors)} (exact conditional likelihood)."
    )


def cautions(analysis: CohortAnalysis) -> list[str]:
    """What a reader should not overlook."""
    found = []
    if any(place.matched for place in analysis.places):
        found += [
            "The propensity model predicts the outcome group, not an exposure: cases are matched to controls by a score of risk. This is the study's "
            "design. Covariates in the score cannot be judged as risk factors from the pairs, and shares, predictive values and cut-offs of "
            "the pairs hold for no population.",
            *(_NINE if analysis.plan.covariates == COVARIATES else ()),
            "SPSS 27's own propensity matching draws a random control within the caliper. Here the nearest is taken, in a fixed order, so that the "
            "pairs can be had again; the table of other ways of matching shows what hangs on it.",
        ]
    if {"VFI", "VSR"} <= set(analysis.plan.candidates):
        found.append(
            "VSR is VFI / SFI: in one model with VFI it measures subcutaneous fat, and its odds ratio may change sign between samples."
        )
    if len(analysis.places) > 1:
        found.append(
            "All centres together: comparisons, correlations and curves are not adjusted for the centre, the regressions are. Centres differ in "
            "the share of events, so that a pooled curve mixes differences between centres with differences between patients."
        )
    if any(place.raters for place in analysis.places):
        found.append(
            "The study does not say which ICC it printed; its intervals are those of a single rater, ICC(3,1) or ICC(1,1). Compare like with like."
        )
    found.append("Cut-offs, selected models and their performance come from the same patients that they are judged on.")
    if analysis.plan.is_rush:
        found.append(f"A score of exactly {SLOW_BELOW} is in the group {analysis.plan.groups[1]}.")
    return found
