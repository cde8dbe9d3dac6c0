//! From a merged root to the packages of its lock, or to why there are none: the resolver's answer, and where it has none the
//! mildest remedy.

use crate::plan::{Code, Finding};
use crate::planner::blocked::remedies::{Outcome, remedy};
use crate::planner::error::PlanError;
use crate::planner::lock::php;
use crate::planner::lock::question::{Blocked, Question, Setting};
use crate::planner::lock::unreachable;
use crate::planner::phase;
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::root::RootPackage;
use composer_engine::resolve::update::Update;
use tracing::{debug, debug_span};

/// What the resolver says to a root.
pub(super) enum Answer {
    /// It was not asked, for this reason: the PHP to plan for does not go with the release or the root.
    Mismatch(Finding),
    /// The packages of the new lock.
    Solved(Update),
    /// There are none; but repositories that would decide, which these blockers name, could not be asked.
    Unasked(Vec<Finding>),
    /// There are none.
    Blocked {
        /// Why, and what remains when the habits of the root are given up.
        blocked: Box<Blocked>,
        /// The root with all its habits given up.
        given_up: Box<JsonDocument>,
    },
}

/// A root, and what the resolver says to it.
pub(super) struct Answered {
    /// The new composer.json: the merged one, or what a remedy made of it.
    pub document: JsonDocument,
    /// What was asked with.
    pub setting: Setting,
    /// What came of it.
    pub answer: Answer,
}

/// Asks for the packages of a root. What is to be said about its PHP and its remedies is added to the findings.
pub(super) fn answer(
    question: &Question<'_>,
    mut document: JsonDocument,
    findings: &mut Vec<Finding>,
) -> Result<Answered, PlanError> {
    let root = RootPackage::load(document.value())?;
    let followed = php::follow(&question.wish.platform, &root, question.release);
    if let Some((old, new)) = &followed {
        let path = ["config", "platform", "php"];
        document
            .set(path, &new.as_str().into())
            .map_err(|error| PlanError::Merge(error.to_string()))?;
        findings.push(php::follows(old, new));
    }
    let mut setting = question.setting(document.value())?;
    findings.extend(setting.finding.take());
    let mismatch = setting.mismatch.take();
    if mismatch.is_some() || followed.is_some() {
        // Said by the blocker, or no longer true.
        findings.retain(|finding| finding.code() != Code::PlatformPhp);
    }
    if let Some(mismatch) = mismatch {
        return Ok(Answered {
            document,
            setting,
            answer: Answer::Mismatch(mismatch),
        });
    }
    let answer = match question.resolve(&setting)? {
        Ok(update) => Answer::Solved(update),
        Err(blocked) => {
            let unasked = unreachable::decisive(&setting.source, question.target);
            match unasked.is_empty() {
                true => return remedied(question, document, setting, blocked, findings),
                false => Answer::Unasked(unasked),
            }
        }
    };
    Ok(Answered {
        document,
        setting,
        answer,
    })
}

/// What comes of looking for a remedy for a root without a solution.
fn remedied(
    question: &Question<'_>,
    document: JsonDocument,
    setting: Setting,
    mut blocked: Blocked,
    findings: &mut Vec<Finding>,
) -> Result<Answered, PlanError> {
    let remedy = || remedy(question, &document, &setting.source, &blocked);
    match debug_span!(phase::REMEDY).in_scope(remedy)? {
        Outcome::Remedied(remedied) => {
            for finding in &remedied.findings {
                debug!(code = %finding.code(), title = %finding.title, "repaired");
            }
            findings.extend(remedied.findings);
            Ok(Answered {
                document: remedied.document,
                setting: remedied.setting,
                answer: Answer::Solved(remedied.update),
            })
        }
        Outcome::Hopeless {
            document: given_up,
            blocked: remaining,
        } => {
            // What remains when habits are given up is what really stands in the way.
            if let Some(remaining) = remaining {
                blocked.remaining = Some(remaining.explanation);
            }
            Ok(Answered {
                document,
                setting,
                answer: Answer::Blocked {
                    blocked: Box::new(blocked),
                    given_up,
                },
            })
        }
    }
}
