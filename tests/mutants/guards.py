"""Guards of the rules, listed by hand: each is taken out in turn, and the tests of its rule must notice."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.mutants.mutant import ROOT, Mutant, find_tests


@dataclass(frozen=True, slots=True)
class Guard:
    """What the product promises, and how to break it: each `text`, which stands once in the file, becomes another.

    `database`: the one on which the promise is more than a habit of the database's.
    """

    promise: str
    file: str
    breaks: tuple[tuple[str, str], ...]
    tests: tuple[str, ...]
    database: str = "sqlite"

    def mutant(self) -> Mutant:
        """Raises LookupError when a text does not stand in the file exactly once."""
        source = changed = (ROOT / self.file).read_text("utf-8")
        for text, instead in self.breaks:
            if source.count(text) != 1:
                raise LookupError(f"{self.file}: {text!r} stands in it {source.count(text)} times, not once")
            changed = changed.replace(text, instead)
        line = source[: source.index(self.breaks[0][0])].count("\n") + 1
        tests = find_tests(self.tests)
        return Mutant(self.file, line, "", self.promise, lambda: changed, tests, self.database, is_guard=True)


NEVER = "    if False:"
VERSION = "    check_version(audit.version, version)\n"
OWN = "    check_not_own_work(session, by, audit)\n"
OPEN = "    open_round_of(session, audit)\n"


def _of(file: str, *tests: str, database: str = "sqlite", **broken: tuple[str, str]) -> Iterator[Guard]:
    """Guards of one file, each named by its promise with underscores for spaces."""
    for promise, change in broken.items():
        yield Guard(promise.replace("_", " "), file, (change,), tests, database)


SIGNED = (
    '"organisation": "organisation_id",',
    '"audit": "id",',
    '"round": "round_id",',
    '"case_file": "case_file_id",',
    '"team": "team_id",',
    '"status": "status",',
    '"age_band": "age_band",',
    '"auditor": "auditor_id",',
    '"reading": "reading",',
    '"mode": "mode",',
    '"submitted_at": "submitted_at",',
    '"answers": "answers",',
    '"agreed_answers": "agreed_answers",',
    '"agreed_at": "agreed_at",',
    '"overall_calculated": "overall_calculated",',
    '"overall_override": "overall_override",',
    '"agreed_overall": "agreed_overall",',
    '"signed_by": "signed_by_id",',
    '"signed_at": "signed_at",',
    '"template": audit_round.template_id,',
    '"template_version": audit_round.template_version,',
    '"forms_of_harm": " ".join(sorted(harms)),',
)

GUARDS: tuple[Guard, ...] = (
    *(
        Guard(f"the signature covers {entry.split(chr(34))[1]}", "api/moderation/sign_off.py", ((entry, ""),), tests)
        for entry in SIGNED
        for tests in [("test_sign_off.py",)]
    ),
    *_of(
        "api/moderation/sign_off.py",
        "test_sign_off.py",
        "moderation/test_overall.py",
        an_open_urgent_concern_stops_signing=("    if open_concerns(session, audit):", NEVER),
        a_waiting_reopening_stops_signing=(
            '    if waiting_reopening(session, audit) is not None:\n        raise Conflict("There is a request',
            f'{NEVER}\n        raise Conflict("There is a request',
        ),
        only_an_agreed_audit_is_signed=("    if audit.state not in TRANSITIONS[Step.SIGN_OFF].origins:", NEVER),
        whoever_moderated_does_not_sign=(
            "    if moderation_of(session, audit).moderator_id == by.person_id:",
            NEVER,
        ),
        nobody_signs_their_own_audit=(f"{OWN}    if moderation_of", "    if moderation_of"),
        signing_needs_its_permission=(
            f"    check_may(by, Permission.SIGN_AUDITS)\n{OWN}    if moderation_of",
            f"{OWN}    if moderation_of",
        ),
        signing_looks_at_the_version=(f'sign it off.")\n{VERSION}', 'sign it off.")\n'),
        nothing_is_signed_in_a_closed_round=(
            f"{OPEN}    if audit.state not in TRANSITIONS[Step.SIGN_OFF]",
            "    if audit.state not in TRANSITIONS[Step.SIGN_OFF]",
        ),
        asking_to_reopen_looks_at_the_version=(
            f"{VERSION}{OPEN}    if audit.state not in TRANSITIONS[Step.REOPEN]",
            f"{OPEN}    if audit.state not in TRANSITIONS[Step.REOPEN]",
        ),
        a_reopening_is_asked_for_once=(
            "    if waiting_reopening(session, audit) is not None:\n        raise AlreadyExists",
            f"{NEVER}\n        raise AlreadyExists",
        ),
        a_reopening_has_a_reason=("    if not reason.strip():", NEVER),
        whoever_asked_does_not_decide=("    if asked.asked_by_id == by.person_id:", NEVER),
        deciding_looks_at_the_version=(f'confirm or refuse it.")\n{VERSION}', 'confirm or refuse it.")\n'),
        a_reopening_is_decided_once=("    if asked.decided_at is not None:", NEVER),
        a_reopening_is_of_its_own_audit=(
            "    if asked is None or asked.audit_id != audit.id:",
            "    if asked is None:",
        ),
        the_answers_of_a_signed_audit_are_those_of_its_scores=(
            "        if encode_answers(template, given) != audit.answers:",
            "        if False:",
        ),
        the_signature_covers_the_sampling_weight=(
            '        covered["sampling_weight"] = float(audit.sampling_weight)',
            '        del covered["sampling_weight"]',
        ),
        an_audit_is_held_against_the_form_in_which_it_was_signed=(
            "each for each in Form if signature_of",
            "each for each in [NEWEST_FORM] if signature_of",
        ),
        a_judgement_that_a_signature_does_not_cover_is_held_against_the_rule=(
            '    if "agreed_overall" not in NOT_COVERED[form]:',
            "    if True:",
        ),
        a_signers_other_judgement_has_a_reason=("    if not faults and not review.reason.strip():", NEVER),
        a_signers_other_judgement_is_checked=("    if review.overall != audit.agreed_overall:", NEVER),
        new_audits_are_signed_in_the_newest_form=("form: Form = NEWEST_FORM)", "form: Form = Form.WITHOUT_WEIGHT)"),
    ),
    *_of(
        "api/moderation/actions.py",
        "moderation/test_review.py",
        "moderation/test_overall.py",
        "test_audit_lives.py",
        "test_sign_off.py",
        moderating_looks_at_the_version=(f"{VERSION}{OPEN}", OPEN),
        choosing_by_hand_looks_at_the_version=(
            f"{VERSION}    if audit.state in {{",
            "    if audit.state in {",
        ),
        nobody_moderates_their_own_audit=(f"{OWN}    if has_read", "    if has_read"),
        nobody_moderates_a_case_that_they_read=("    if has_read_the_case(session, by, audit):", NEVER),
        nothing_is_moderated_in_a_closed_round=(f"{VERSION}{OPEN}", VERSION),
        only_whoever_took_it_reviews_it=(
            "    if moderation_of(session, audit).moderator_id != by.person_id:",
            NEVER,
        ),
        nothing_is_chosen_by_hand_in_a_closed_round=(
            "    if round_of(session, audit).state is RoundState.CLOSED:",
            NEVER,
        ),
        what_a_rule_chose_is_moderated=(
            "    if causes_of(session, audit_round, template_of(session, audit_round), [audit])[audit.id]:",
            NEVER,
        ),
        another_answer_has_a_reason=(
            "    elif judgement.answer != auditors[judgement.theme] and not judgement.reason.strip():",
            "    elif False:",
        ),
        the_overall_judgement_is_reviewed_before_it_is_agreed=(
            "    if not is_overall_reviewed(moderation, calculated):",
            NEVER,
        ),
        a_judgement_is_given_again_when_the_answers_give_another=(
            " and moderation.overall_calculated == calculated",
            "",
        ),
        a_moderators_other_judgement_has_a_reason=("    if needs_reason and not review.reason.strip():", NEVER),
        an_overall_judgement_is_chosen=("    if not review.overall and (calculated or review.reason.strip()):", NEVER),
        every_answer_is_reviewed_before_it_is_agreed=(
            "and not is_reviewed(judged.get(theme.key), auditors[theme.key])",
            "and False",
        ),
        an_answer_that_changed_is_reviewed_again=(
            "judged is not None and judged.auditor_answer == answer",
            "judged is not None",
        ),
        threads_are_resolved_before_an_audit_is_agreed=(
            " for thread in unresolved(session, audit)",
            " for thread in ()",
        ),
    ),
    *_of(
        "api/moderation/rules.py",
        "moderation/test_rules.py",
        a_rule_is_changed_from_its_newest_version=("    check_version(rule.version, version)\n", ""),
        a_share_is_a_percentage=("    if not 0 <= change.share_percent <= 100:", NEVER),
        a_number_of_first_audits_has_a_limit=("    if not 0 <= change.first_audits <= 100:", NEVER),
        only_leads_set_a_rule=("    check_may(by, Permission.WRITE_ROUNDS)\n", ""),
        a_closed_round_keeps_its_rule=("    if audit_round.state is RoundState.CLOSED:", NEVER),
    ),
    *_of(
        "api/moderation/comments.py",
        "test_audit_lives.py",
        nobody_comments_after_agreement=(
            "    if audit.state in _SETTLED:",
            NEVER,
        ),
        an_auditor_resolves_only_their_own_threads=(
            "    if is_auditor and first.author_id != by.person_id:",
            NEVER,
        ),
        an_auditor_resolves_nothing_without_a_reply=(
            "    if is_auditor:\n        raise",
            "    if False:\n        raise",
        ),
        nobody_resolves_alone_what_needs_two=(
            "    if not may_read_every_audit(by) or by.person_id in authors:",
            NEVER,
        ),
        a_thread_is_resolved_once=("    if first.resolved_at is not None:", NEVER),
        an_answer_opens_a_thread_again=("    if first is not None and first.resolved_at is not None:", NEVER),
        a_thread_is_of_its_own_audit=(
            "    if found is None or found.audit_id != audit.id or found.thread_id != found.id:",
            "    if found is None:",
        ),
    ),
    Guard(
        "nothing is offered to comment on after agreement",
        "api/moderation/comments.py",
        (
            ("    if audit.state in _SETTLED:", NEVER),
            ("    return audit.state not in _SETTLED and actor", "    return actor"),
        ),
        ("test_audit_lives.py",),
    ),
    *_of(
        "api/audits/submission/actions.py",
        "audits/test_actions.py",
        "test_audit_lives.py",
        submitting_looks_at_the_version=(
            f"{VERSION}    audit_round = open_round_of",
            "    audit_round = open_round_of",
        ),
        returning_looks_at_the_version=(f"{VERSION}{OPEN}", OPEN),
        withdrawing_looks_at_the_version=(
            f"{VERSION}    if audit.state is AuditState.WITHDRAWN:",
            "    if audit.state is AuditState.WITHDRAWN:",
        ),
        nobody_returns_their_own_audit=("    check_not_own_audit(by, audit)\n", ""),
        an_auditor_withdraws_nothing_submitted=("        if audit.state in SUBMITTED_STATES:", "        if False:"),
        only_a_complete_audit_is_submitted=("    if faults:\n", f"{NEVER}\n"),
    ),
    *_of(
        "api/audits/scoring/actions.py",
        "audits/test_actions.py",
        answering_looks_at_the_version_of_the_score=(
            "        if new.version != asked.version_of(new.theme, before.version if before else 0):",
            "        if False:",
        ),
        answering_looks_at_the_version_of_the_audit=(
            "    if audit_version is not None and audit.version != audit_version:",
            NEVER,
        ),
        clearing_looks_at_the_version=(
            ".version_of(theme, existing.version), version)",
            ".version_of(theme, existing.version), None)",
        ),
        changing_an_audit_looks_at_the_version=(VERSION, ""),
    ),
    *_of(
        "api/calibration/actions.py",
        "test_calibration.py",
        answering_looks_at_the_version=("    check_version(reading.version, version)\n", ""),
        leading_an_exercise_looks_at_the_version=("    check_version(exercise.version, version)\n", ""),
        what_was_handed_in_stays=("    if reading.handed_in_at is not None:\n        raise", f"{NEVER}\n        raise"),
        a_closed_exercise_is_answered_no_more=(
            '    if exercise.state is ExerciseState.CLOSED:\n        raise Conflict("This exercise is closed',
            f'{NEVER}\n        raise Conflict("This exercise is closed',
        ),
        an_exercise_is_closed_once=(
            '    if exercise.state is ExerciseState.CLOSED:\n        raise Conflict("This exercise is already',
            f'{NEVER}\n        raise Conflict("This exercise is already',
        ),
        two_have_handed_in_before_it_is_closed=(
            "for reading in readings_of(session, exercise)) < 2:",
            "for reading in readings_of(session, exercise)) < 0:",
        ),
        nothing_is_agreed_before_it_is_closed=("    if exercise.state is not ExerciseState.CLOSED:", NEVER),
        only_leads_lead_an_exercise=(
            "    check_may(by, Permission.WRITE_CALIBRATION)\n    exercise = _locked",
            "    exercise = _locked",
        ),
    ),
    *_of(
        "api/access/blindness.py",
        "test_blindness.py",
        nobody_is_blind_in_a_closed_round=("            col(Round.state) != RoundState.CLOSED,\n", ""),
        a_withdrawn_reading_makes_nobody_blind=(", col(_OWN_READING.state) != AuditState.WITHDRAWN\n", ",\n"),
        a_reader_is_blind_until_the_other_has_submitted=(", col(Audit.state).in_(EDITABLE_STATES))", ")"),
        a_reader_is_blind_until_they_have_submitted=("or_(own_state.in_(EDITABLE_STATES), ", "or_("),
        nobody_is_told_which_reading_theirs_is=(
            "return None if audit.auditor_id == actor.person_id else audit.reading",
            "return audit.reading",
        ),
        a_reader_sees_to_no_other_reading=(
            "    if actor.person_id is not None and str(actor.person_id) in map(str, readers):",
            NEVER,
        ),
    ),
    *_of(
        "api/access/audits.py",
        "test_audit_lives.py",
        auditors_read_their_own_audits_only=("(audit.auditor_id == actor.person_id and Role", "(Role"),
        moderators_read_what_is_submitted=("and audit.state in SUBMITTED_STATES and audit", "and audit"),
        nobody_reads_another_organisations_audits=(
            "    if audit.organisation_id != actor.organisation_id or not actor.may(Permission.READ_AUDITS):",
            "    if not actor.may(Permission.READ_AUDITS):",
        ),
        a_list_of_audits_is_of_ones_own_organisation=(
            "and_(col(Audit.organisation_id) == actor.organisation_id, visible",
            "and_(visible",
        ),
        a_list_for_moderators_holds_what_is_submitted=(
            "and_(~own, col(Audit.state).in_(SUBMITTED_STATES))",
            "and_(~own)",
        ),
        only_its_auditor_scores_an_audit=(
            "    if audit.auditor_id != actor.person_id or not actor.may(Permission.SCORE_AUDITS):",
            NEVER,
        ),
        nobody_judges_their_own_work=("    if audit.auditor_id == actor.person_id:\n", f"{NEVER}\n"),
    ),
    *_of(
        "api/reports/exports/actions.py",
        "test_exports.py",
        nobody_finds_anothers_export=(
            "    if found is None or found.person_id != by.person_id:",
            "    if found is None:",
        ),
        only_leads_ask_for_exports=(
            "    if by.person_id is None or not may_read_every_audit(by):",
            "    if by.person_id is None:",
        ),
    ),
    *_of(
        "api/reports/exports/reading.py",
        "test_exports.py",
        an_export_leaves_out_what_one_is_blind_to=("        visible_under_blind_reading(reader_id),\n", ""),
    ),
    *_of(
        "api/documents/writers/csv.py",
        "test_writers.py",
        no_text_of_a_csv_is_a_formula=("    return str(plain_cell(printable(text)))", "    return printable(text)"),
        no_title_heading_or_line_of_a_csv_is_a_formula=(
            "else _text(each) for each in line",
            "else each for each in line",
        ),
        every_text_of_a_csv_is_in_quotes=("quoting=csv.QUOTE_ALL", "quoting=csv.QUOTE_MINIMAL"),
        no_cell_of_a_csv_is_a_formula=("    return _text(cell.text)", "    return printable(cell.text)"),
        only_a_figure_begins_with_a_sign=(" and _FIGURE.fullmatch(cell.text):", ":"),
    ),
    *_of(
        "api/documents/writers/printable.py",
        "test_writers.py",
        blanks_before_a_formula_do_not_hide_it=('f"[{_SPACES}]*+(', 'f"('),
        a_formula_after_a_separator_is_found=('_FORMULA_INSIDE.sub(r"\\1\'", value)', "value"),
        full_width_signs_begin_a_formula=(', "\\uff1d", "\\uff0b", "\\uff0d", "\\uff20")', ")"),
    ),
    *_of(
        "api/documents/writers/xlsx.py",
        "test_writers.py",
        a_workbook_takes_no_text_for_a_formula=('"strings_to_formulas": False, ', ""),
        a_workbook_takes_no_text_for_a_link=('"strings_to_urls": False, ', ""),
        a_cell_of_a_workbook_is_written_as_text=(
            "self.sheet.write_string(self.row, place, _in_cell(cell.text), look)",
            "self.sheet.write_formula(self.row, place, _in_cell(cell.text), look)",
        ),
    ),
    *_of(
        "api/documents/writers/csv.py",
        "test_gap_reports.py",
        no_title_group_or_theme_of_a_gap_report_becomes_a_formula=(
            "    return _text(cell.text)",
            "    return cell.text",
        ),
        no_rating_of_a_gap_report_becomes_a_formula=("else _text(each) for each in line", "else each for each in line"),
    ),
    *_of(
        "api/reports/tallies.py",
        "test_gap_reports.py",
        of_two_readings_the_first_is_counted=(", or_(col(audit.reading) == 1, ~first_is_in))", ")"),
        agreed_answers_are_counted=(
            'case((col(audit.agreed_answers) != "", col(audit.agreed_answers)), else_=col(audit.answers))',
            "col(audit.answers)",
        ),
    ),
    *_of(
        "api/release/across.py",
        "test_across.py",
        only_published_snapshots_are_added_up=(".where(col(Snapshot.published_at).is_not(None))", ""),
        only_snapshots_of_the_template_are_added_up=(
            "        if report.template.key == template_key:",
            "        if True:",
        ),
    ),
    *_of(
        "checklists/release/disclosure.py",
        "checklists/release/test_disclosure.py",
        no_organisation_makes_up_more_than_half=(" or 2 * max(number for number, _, _ in shown) > applicable:", ":"),
        five_organisations_at_least=("len(shown) < LEAST_ORGANISATIONS or ", ""),
        thresholds_are_only_raised=("        if self.smallest < SMALLEST:", "        if False:"),
        a_theme_of_few_is_hidden=("Released(None) if applicable < self.smallest else Released", "Released"),
        two_values_of_one_dimension_are_refused=("            if names.count(name) > 1:", "            if False:"),
        a_snapshot_leaves_out_many_or_none=(" or (more == 0 and fewer >= NEWLY_COUNTED)", ""),
    ),
    *_of(
        "checklists/release/altered_copy.py",
        "checklists/release/test_altered_copy.py",
        fresh_letters_keep_every_cell_near_the_truth=(
            "if more[cell] >= noise or fewer[cell] <= least:",
            "if more[cell] >= 9 or fewer[cell] <= -9:",
        ),
        an_audit_that_counts_as_before_keeps_its_letters=(
            "            return newest.copied",
            "            return self._free",
        ),
        letters_are_changed=(
            "                now[at] = to\n\n    def settle",
            "                pass\n\n    def settle",
        ),
        held_letters_move_no_further_than_earlier_copies_allow=(
            "                    if not drift.allows(at, letter, to):",
            "                    if False:",
        ),
    ),
    *_of(
        "checklists/release/certain.py",
        "release/test_statements.py",
        a_state_holds_for_the_worst_and_the_best_table=(
            "for numbers in (worst, best)}",
            "for numbers in (best,)}",
        ),
        a_rank_counts_all_that_may_be_before=("Span(1 + before, 1 + may_be_before)", "Span(1 + before, 1 + before)"),
        the_widest_gap_is_named_among_all_that_may_have_it=("gap.between[0] <= lowest]", "gap.between[1] <= lowest]"),
    ),
    *_of(
        "checklists/reports/tallies.py",
        "checklists/reports/test_tallies.py",
        a_line_of_another_template_is_not_counted=("    if any(len(line) != len(themes) for line in lines):", NEVER),
        a_letter_that_stands_for_nothing_is_not_counted=("    if sum(counts.values()) != len(together):", NEVER),
    ),
    *_of(
        "api/allocation/replacement/actions.py",
        "test_samples.py",
        nobody_draws_a_reserve_for_their_own_case=(
            "    check_is_not_reader(by, [audit.auditor_id for audit in of_the_case])\n",
            "",
        ),
        replacing_looks_at_the_version=("    check_version(sample.version, version)\n", ""),
        a_case_that_was_begun_is_not_replaced=(
            "    if any(audits.is_begun(session, audit) for",
            "    if any(False for",
        ),
        a_closed_round_keeps_its_samples=(
            "    if rounds.find_round(session, round_id=sample.round_id, by=by).state is RoundState.CLOSED:",
            NEVER,
        ),
        a_case_is_replaced_once=("    if case.state is SampledState.REPLACED:", NEVER),
    ),
    *_of(
        "api/foundation/http/dependencies.py",
        "test_concerns.py",
        a_key_belongs_to_one_path=("{request.method} {request.url.path}\\n", "{request.method}\\n"),
    ),
    *_of(
        "api/foundation/http/dependencies.py",
        "rounds/test_routes.py",
        a_key_belongs_to_one_body=(
            "fingerprint_begins_with(request) + await request.body()",
            "fingerprint_begins_with(request)",
        ),
        whoever_makes_something_sends_a_key=(
            "    if not 1 <= len(key) <= 200 or not key.isascii() or not key.isprintable():",
            NEVER,
        ),
        whoever_changes_something_sends_its_version=("        raise VersionMissing", "        return 1"),
    ),
    *_of(
        "models/storage/slots.py",
        "test_slots.py",
        no_thread_waits_for_the_writer_for_ever=("asked.result(self.longest_wait)", "asked.result()"),
        no_request_waits_for_the_writer_for_ever=(
            "asyncio.wait_for(asyncio.shield(granted), self.longest_wait)",
            "asyncio.shield(granted)",
        ),
        one_owner_does_not_hold_every_slot=(
            "if self._held[each] < self.most_of_one",
            "if self._held[each] < self.number",
        ),
    ),
    *_of(
        "api/foundation/http/running.py",
        "test_admission.py",
        nobody_computes_while_holding_the_writer=(
            """await self._read(
            self.capacity.computing, lambda acting: self._prepare(computed, acting), is_report=computed.is_report
        )""",
            "await self.write(lambda acting: self._prepare(computed, acting))",
        ),
    ),
    *_of(
        "api/foundation/http/request_checks.py",
        "test_admission.py",
        no_body_is_received_whole_before_its_sender_is_known=(
            "bodies.read_first_part(receive)",
            "bodies.read_first_part(receive, 10**12)",
        ),
    ),
    *_of(
        "checklists/release/altered_copy.py",
        "release/test_altered_copy.py",
        a_copy_that_cannot_be_made_is_refused=(
            "            if letters.off():\n                raise NoCopyError\n",
            "",
        ),
    ),
    *_of(
        "api/foundation/outbox/sending.py",
        "test_outbox.py",
        a_refused_address_stops_no_other_email=(
            "    except mail.RefusedError as error:",
            "    except RecursionError as error:",
        ),
        an_email_that_cannot_be_seen_to_stops_no_other=(
            "        except Exception:\n            # Whatever",
            "        except RecursionError:\n            # Whatever",
        ),
    ),
    *_of(
        "api/rounds/closing.py",
        "test_closing.py",
        unfinished_work_needs_a_reason=("    if not reason and any(", "    if False and any("),
        an_open_concern_prevents_closing=("    if refusals:", NEVER),
    ),
    *_of(
        "api/rounds/actions.py",
        "test_closing.py",
        a_round_without_audits_is_not_opened=("    if is_empty and not recorded_elsewhere:", NEVER),
    ),
    *_of(
        "api/allocation/reallocation/queries.py",
        "test_reallocation.py",
        nobody_reallocates_the_other_reading_of_their_case=("        ~reads,\n", ""),
    ),
    *_of(
        "api/audits/submission/actions.py",
        "test_reallocation.py",
        nothing_is_returned_to_somebody_who_cannot_act=("    if hindrance is not None:", NEVER),
    ),
    *_of(
        "api/foundation/http/replies.py",
        "rounds/test_routes.py",
        a_key_fits_one_request=("    if stored.fingerprint != key.fingerprint:", NEVER),
    ),
    *_of(
        "api/foundation/problems.py",
        "rounds/test_routes.py",
        an_old_version_is_stale=("    if sent is not None and sent != current:", NEVER),
    ),
    *_of(
        "api/foundation/permissions.py",
        "test_tokens.py",
        a_token_holds_no_more_than_its_scopes=("                allowed &= self.scopes", "                pass"),
        an_integration_holds_only_scopes_of_integrations=(
            "(self.scopes or frozenset()) & INTEGRATION_SCOPES",
            "(self.scopes or frozenset())",
        ),
        a_token_makes_no_tokens=("    if actor.person_id is None or actor.token_id is not None:", NEVER),
    ),
    *_of(
        "api/audits/conclusion/actions.py",
        "audits/test_conclusions.py",
        only_its_auditor_writes_a_conclusion=(
            "    audit = lock_to_score(session, audit_id, by)",
            "    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))",
        ),
        a_conclusion_is_written_in_an_open_round=(OPEN, ""),
        a_conclusion_is_changed_from_its_newest_version=("    check_version(stored.version, version)\n", ""),
        a_conclusion_is_screened=("    raise_if_any(faults_of_conclusion(template, new, names, was=stored))\n", ""),
        a_conclusion_is_a_change_of_its_audit=("    audit.version += 1\n", "    audit.version += 0\n"),
        the_same_conclusion_again_changes_nothing=("    if not changed:", NEVER),
        only_people_who_may_read_the_audit_read_its_conclusion=(
            "    audit = check_can_read_audit(by, get_audit(session, audit_id, by))",
            "    audit = get_audit(session, audit_id, by)\n    assert audit is not None",
        ),
    ),
    *_of(
        "api/audits/complete/actions.py",
        "audits/test_conclusions.py",
        the_conclusion_of_a_complete_audit_is_screened=("    if audit.conclusion is not None:\n", f"{NEVER}\n"),
    ),
    *_of(
        "api/reports/conclusions/queries.py",
        "reports/test_conclusions.py",
        only_people_who_may_read_every_audit_read_the_conclusions_of_a_round=(
            "    if not may_read_every_audit(by):",
            NEVER,
        ),
        the_conclusions_of_a_round_are_of_counted_audits=("        is_counted(Audit),\n", ""),
        blind_reading_hides_the_conclusion_of_the_other_reading=(
            "        visible_under_blind_reading(by.person_id),\n",
            "",
        ),
        reading_the_conclusions_of_a_round_is_an_event=(
            '    access_log.record_view(session, "round.conclusions-read", audit_round.id, by=by)\n',
            "",
        ),
    ),
    *_of(
        "models/storage/database.py",
        "test_trail.py",
        events_are_appended_with_what_was_done=("                append_pending_events(session, self.event_key)\n", ""),
    ),
    *_of(
        "models/storage/trail.py",
        "test_trail.py",
        database="postgresql",
        what_was_done_is_written_before_its_event=("        session.flush()\n        seal", "        seal"),
        events_of_a_part_that_failed_are_forgotten=(
            "        del pending_events(session)[session.info[_SAVEPOINTS][transaction] :]",
            "        pass",
        ),
    ),
    *_of(
        "models/storage/postgresql/engine.py",
        "models/test_direct.py",
        database="postgresql",
        a_commit_that_rolls_back_is_no_success=("    engine.dialect.do_commit = commit", "    pass"),
        a_new_connection_that_is_lost_counts_as_lost=("                if used is None:", "                if False:"),
    ),
    *_of(
        "models/storage/sqlite_engine.py",
        "models/test_network_folders.py",
        a_database_in_a_folder_on_a_network_is_refused=("    check_is_on_this_machine(path)\n    return", "    return"),
    ),
    *_of(
        "models/storage/sqlite_engine.py",
        "models/test_encrypted_sqlite.py",
        what_is_sorted_goes_through_no_file=('        "temp_store = MEMORY",\n', '        "temp_store = FILE",\n'),
        what_a_verification_writes_down_is_encrypted=("            unlock(connection, DatabaseKey.new())\n", ""),
    ),
    *_of(
        "models/storage/encryption/rewriting.py",
        "moving/test_encrypting.py",
        a_copy_takes_the_place_of_a_database_only_when_it_is_the_same=(
            "            _compare(connection, copy, new_key)\n",
            "",
        ),
        what_was_not_encrypted_before_is_overwritten=("                _overwrite(old)\n", "                pass\n"),
        nobody_writes_to_a_database_that_is_rewritten=('            connection.execute("BEGIN EXCLUSIVE")\n', ""),
    ),
    *_of(
        "api/foundation/keys/database.py",
        "foundation/test_database_key.py",
        a_database_that_is_not_encrypted_is_refused_where_it_has_to_be=(
            '            if settings.database_encryption == "required" or _is_given(settings):\n',
            "            if False:\n",
        ),
        no_other_key_takes_the_place_of_a_lost_one=(
            "    if settings.keeps_key_in_file and not settings.database_key_path.exists():\n",
            f"{NEVER}\n",
        ),
    ),
    *_of(
        "api/moving/encrypting.py",
        "moving/test_encrypting.py",
        the_next_key_is_in_a_file_before_the_database_has_it=(
            '    write_new(following, f"{new.digits}\\n".encode())\n    rewriting',
            "    rewriting",
        ),
    ),
)
