"""The rooms of the service, lowest first: the only list of them. Importing this module fills their hooks."""

from typing import Final

from api.agreement import feature as agreement
from api.allocation import feature as allocation
from api.audit_templates import feature as audit_templates
from api.audits import feature as audits
from api.backup import feature as backup
from api.blind_reading import feature as blind_reading
from api.calibration import feature as calibration
from api.case_files import feature as case_files
from api.case_lists import feature as case_lists
from api.coding import feature as coding
from api.concerns import feature as concerns
from api.erasure import feature as erasure
from api.feedback import feature as feedback
from api.fhir import feature as fhir
from api.follow_ups import feature as follow_ups
from api.foundation.feature import Feature
from api.foundation.pages import feature as foundation
from api.from_documents import feature as from_documents
from api.home import feature as home
from api.improvement import feature as improvement
from api.information import feature as information
from api.jobs import feature as jobs
from api.joint_rounds import feature as joint_rounds
from api.moderation import feature as moderation
from api.notices import feature as notices
from api.odata import feature as odata
from api.outbox import feature as outbox
from api.people import feature as people
from api.programme import feature as programme
from api.re_audits import feature as re_audits
from api.release import feature as release
from api.reports import feature as reports
from api.rest_reference import feature as rest_reference
from api.results import feature as results
from api.retention import feature as retention
from api.rounds import feature as rounds
from api.sampling import feature as sampling
from api.sensitive_terms import feature as sensitive_terms
from api.trail import feature as trail
from api.webhooks import feature as webhooks

FEATURES: Final[tuple[Feature, ...]] = (
    foundation.FEATURE,
    outbox.FEATURE,
    jobs.FEATURE,
    people.FEATURE,
    notices.FEATURE,
    sensitive_terms.FEATURE,
    information.FEATURE,
    rest_reference.FEATURE,
    audit_templates.FEATURE,
    from_documents.FEATURE,
    case_files.FEATURE,
    case_lists.FEATURE,
    rounds.FEATURE,
    sampling.FEATURE,
    audits.FEATURE,
    allocation.FEATURE,
    concerns.FEATURE,
    blind_reading.FEATURE,
    moderation.FEATURE,
    feedback.FEATURE,
    calibration.FEATURE,
    reports.FEATURE,
    agreement.FEATURE,
    coding.FEATURE,
    re_audits.FEATURE,
    follow_ups.FEATURE,
    joint_rounds.FEATURE,
    release.FEATURE,
    improvement.FEATURE,
    programme.FEATURE,
    results.FEATURE,
    fhir.FEATURE,
    odata.FEATURE,
    trail.FEATURE,
    webhooks.FEATURE,
    erasure.FEATURE,
    retention.FEATURE,
    backup.FEATURE,
    home.FEATURE,
)

for feature in FEATURES:
    feature.fill_hooks()
