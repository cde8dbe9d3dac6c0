//! What a document says of a plan, drawn from it once: the verdict, what becomes of each extension, and the effort in numbers.

use super::places;
use super::texts::{ExtensionsTexts, Texts, fill};
use super::topic::Topic;
use crate::plan::background::{Extension, Fit};
use crate::plan::{Change, ChangeKind, Code, Edit, Finding, Plan, Severity};
use crate::preview::side_name;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The answer in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// It can be applied, and nothing warns of anything.
    Ready,
    /// It can be applied, and there are warnings to weigh.
    WithCare,
    /// Something stands against it.
    Blocked,
    /// A repository that decides about it could not be asked.
    Unanswered,
    /// The store is there already.
    Nothing,
    /// The files have been written.
    Applied,
    /// A look found a way, and there is no plan yet.
    Reachable,
    /// There is no plan at all.
    NoPlan,
}

impl Verdict {
    /// Of a plan.
    pub(crate) fn of(plan: &Plan) -> Self {
        let warns = |finding: &Finding| finding.severity() == Severity::Warning;
        if plan.is_unanswered() {
            Self::Unanswered
        } else if plan.is_blocked() {
            Self::Blocked
        } else if plan.applied {
            Self::Applied
        } else if !plan.changes_files() {
            Self::Nothing
        } else if plan.findings.iter().any(warns) {
            Self::WithCare
        } else {
            Self::Ready
        }
    }

    /// The word for it.
    pub(super) fn word(self, texts: &Texts) -> &str {
        let verdict = &texts.verdict;
        match self {
            Self::Ready => &verdict.ready,
            Self::WithCare => &verdict.with_care,
            Self::Blocked => &verdict.blocked,
            Self::Unanswered => &verdict.unanswered,
            Self::Nothing => &verdict.nothing,
            Self::Applied => &verdict.applied,
            Self::Reachable => &verdict.reachable,
            Self::NoPlan => &verdict.no_plan,
        }
    }

    /// What it says by itself, in whole sentences: so many things stand in the way `to` what the store should become, which is
    /// empty where nobody has said.
    pub(super) fn sentences(self, blockers: usize, to: &str, texts: &Texts) -> Vec<String> {
        let verdict = &texts.verdict;
        let sides: &[(&str, &dyn std::fmt::Display)] = &[("to", &to)];
        match self {
            Self::Ready | Self::WithCare => vec![fill(&verdict.can, sides)],
            Self::Blocked if to.is_empty() => vec![verdict.as_it_is.clone()],
            Self::Blocked => vec![verdict.cannot.filled(blockers, sides)],
            Self::Unanswered => vec![fill(&verdict.asks, sides)],
            Self::Nothing => vec![fill(&verdict.is_there, sides)],
            Self::Applied => vec![fill(&verdict.was_applied, sides)],
            Self::Reachable => vec![fill(&verdict.can, sides), verdict.looked.clone()],
            Self::NoPlan if to.is_empty() => vec![verdict.no_target.clone()],
            Self::NoPlan => vec![fill(&verdict.failed, sides)],
        }
    }

    /// Its name in the style: `good`, `warn` or `bad`.
    pub(super) fn tone(self) -> &'static str {
        match self {
            Self::Ready | Self::Nothing | Self::Applied | Self::Reachable => "good",
            Self::WithCare => "warn",
            Self::Blocked | Self::Unanswered | Self::NoPlan => "bad",
        }
    }
}

/// What becomes of an extension, what asks for attention first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fate {
    /// A blocker is about it.
    InTheWay,
    /// It is not in the new lock.
    Goes,
    /// It gets an older version.
    GoesBack,
    /// Another name takes over from it.
    Renamed,
    /// It gets another version that is not older.
    Moves,
    /// It is new.
    Comes,
    /// Nothing is decided about packages.
    Undecided,
    /// It keeps its version.
    Stays,
}

/// One extension.
#[derive(Debug, Clone)]
pub(crate) struct Row<'p> {
    /// As the plan knows it.
    pub extension: &'p Extension,
    /// What becomes of it.
    pub fate: Fate,
    /// None where it stays, or where nothing is decided.
    pub change: Option<&'p Change>,
    /// The place of the finding that says why, among those of the plan.
    pub reason: Option<usize>,
}

impl Row<'_> {
    /// What becomes of the extension, in words.
    pub(super) fn in_words(&self, words: &ExtensionsTexts) -> String {
        let version = &self.extension.version;
        let change = self.change;
        let from = change
            .and_then(|change| change.from.as_ref())
            .unwrap_or(version);
        let to = change
            .and_then(|change| change.to.as_ref())
            .unwrap_or(version);
        let text = match self.fate {
            Fate::InTheWay => &words.in_the_way,
            Fate::Goes => &words.goes,
            Fate::GoesBack => &words.goes_back,
            Fate::Renamed => &words.renamed,
            Fate::Moves => &words.moves,
            Fate::Comes => &words.comes,
            Fate::Undecided => &words.undecided,
            Fate::Stays => &words.stays,
        };
        let was = change.map_or("", |change| change.reason.as_str());
        fill(
            text,
            &[
                ("from", from),
                ("to", to),
                ("version", version),
                ("was", &was),
            ],
        )
    }
}

/// How many packages of one sort something happens to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    /// Those that keep version and name.
    pub kept: usize,
    /// Those that another name takes over from, whatever the version.
    pub renamed: usize,
    /// Those that get another version that is not older.
    pub updated: usize,
    /// Those that get an older version.
    pub downgraded: usize,
    /// Those that are new.
    pub added: usize,
    /// Those that go.
    pub removed: usize,
}

impl Tally {
    fn add(&mut self, kind: ChangeKind) {
        *match kind {
            ChangeKind::Rename => &mut self.renamed,
            ChangeKind::Update => &mut self.updated,
            ChangeKind::Downgrade => &mut self.downgraded,
            ChangeKind::Add => &mut self.added,
            ChangeKind::Remove => &mut self.removed,
        } += 1;
    }

    /// How many there are.
    pub(crate) fn sum(self) -> usize {
        self.kept + self.changed()
    }

    /// How many do not stay as they are.
    pub(crate) fn changed(self) -> usize {
        self.renamed + self.updated + self.downgraded + self.added + self.removed
    }

    /// How many change their version, or their name with it.
    pub(crate) fn moved(self) -> usize {
        self.renamed + self.updated + self.downgraded
    }
}

/// All that a document says of a plan beside the plan itself.
#[derive(Debug, Clone)]
pub(crate) struct Outcome<'p> {
    /// Fit to be shown.
    pub plan: &'p Plan,
    /// The answer in a word.
    pub verdict: Verdict,
    /// What becomes of the packages that a distribution builds.
    pub core: Tally,
    /// What becomes of other Magento packages.
    pub extensions: Tally,
    /// What becomes of all others.
    pub libraries: Tally,
    /// What asks for attention first, first.
    pub rows: Vec<Row<'p>>,
    /// Causes that stand in the way; that no set of packages fits is no cause of its own.
    pub blockers: usize,
    /// Findings to weigh before it is applied.
    pub warnings: usize,
    /// Files that get another text.
    pub files: usize,
    /// Places in code, patches and scripts that a person has to look at.
    pub places: usize,
    /// Steps by hand, those of the way back left out.
    pub steps: usize,
    /// Services that the release is not made for.
    pub unfit: usize,
}

impl<'p> Outcome<'p> {
    /// Draws it from a plan.
    pub(crate) fn of(plan: &'p Plan) -> Self {
        let background = &plan.background;
        let names: BTreeSet<&str> = background
            .extensions
            .iter()
            .map(|extension| extension.name.as_str())
            .collect();
        let [mut core, mut extensions, mut libraries] = [
            background.kept.core,
            background.kept.extensions,
            background.kept.libraries,
        ]
        .map(|kept| Tally {
            kept,
            ..Tally::default()
        });
        for change in &plan.changes {
            if change.core {
                core.add(change.kind);
            } else if names.contains(change.package.as_str()) {
                extensions.add(change.kind);
            } else {
                libraries.add(change.kind);
            }
        }
        let count = |severity| {
            let findings = plan.findings.iter();
            findings
                .filter(|finding| finding.severity() == severity)
                .count()
        };
        let by_hand = plan
            .findings
            .iter()
            .filter(|finding| Topic::of(finding.code()) == Topic::Hands)
            .filter(|finding| finding.severity() < Severity::Note);
        let found = background
            .services
            .iter()
            .flat_map(|service| &service.found);
        Self {
            plan,
            verdict: Verdict::of(plan),
            core,
            extensions,
            libraries,
            rows: rows(plan),
            blockers: blockers(&plan.findings),
            warnings: count(Severity::Warning),
            files: plan
                .edits
                .iter()
                .filter(|edit| Edit::changes_file(edit))
                .count(),
            places: by_hand.map(|finding| places::count(&finding.detail)).sum(),
            steps: plan.steps_ahead().count(),
            unfit: found.filter(|found| found.fit == Fit::Unsupported).count(),
        }
    }

    /// The verdict in whole sentences, for who does not know the words of the trade.
    pub(crate) fn sentences(&self, texts: &Texts) -> Vec<String> {
        let verdict = &texts.verdict;
        let (from, to) = (side_name(&self.plan.source), side_name(&self.plan.target));
        let sides: &[(&str, &dyn std::fmt::Display)] = &[("from", &from), ("to", &to)];
        match self.verdict {
            Verdict::Ready | Verdict::WithCare => self.way(texts, sides),
            of_itself => {
                let mut all = of_itself.sentences(self.blockers, &to, texts);
                if of_itself == Verdict::Blocked {
                    let nearest = self.finding(Code::NearestRelease);
                    all.extend(
                        nearest.map(|finding| fill(&verdict.nearest, &[("what", &finding.title)])),
                    );
                }
                all
            }
        }
    }

    fn way(&self, texts: &Texts, sides: &[(&str, &dyn std::fmt::Display)]) -> Vec<String> {
        let verdict = &texts.verdict;
        let (source, target) = (&self.plan.source, &self.plan.target);
        let stays = source.is_same_target(target);
        let can = if stays {
            &verdict.can_stay
        } else {
            &verdict.can
        };
        let mut all = vec![fill(can, sides), verdict.found.clone()];
        all.extend(self.extensions_in_words(texts));
        let source = source.target().map(|target| target.distribution().name());
        if self.finding(Code::ReleaseOutOfSupport).is_some() {
            all.push(verdict.unsupported.clone());
        }
        if self.finding(Code::DataLoss).is_some() {
            let from = source.unwrap_or_default();
            all.push(fill(&verdict.loses_data, &[("from", &from)]));
        }
        if self.finding(Code::DataConverted).is_some() {
            all.push(verdict.converts_data.clone());
        }
        if self.finding(Code::Downgrade).is_some() {
            all.push(verdict.older.clone());
        }
        if self.unfit > 0 {
            all.push(verdict.services.of(self.unfit));
        }
        if self.warnings > 0 {
            all.push(verdict.attention.of(self.warnings));
        }
        all
    }

    fn extensions_in_words(&self, texts: &Texts) -> Option<String> {
        let Tally {
            kept,
            added,
            removed,
            ..
        } = self.extensions;
        let moved = self.extensions.moved();
        if self.extensions.sum() == 0 {
            return None;
        }
        if self.extensions.changed() == 0 {
            return Some(texts.verdict.kept_all.clone());
        }
        let words = &texts.matrix;
        let parts: Vec<String> = [
            (moved, &texts.verdict.moved),
            (removed, &words.gone),
            (added, &texts.verdict.added),
            (kept, &texts.verdict.kept),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, words)| words.of(number))
        .collect();
        Some(fill(
            &texts.verdict.mostly_kept,
            &[("list", &texts.join(&parts))],
        ))
    }

    /// The first finding with a code.
    pub(crate) fn finding(&self, code: Code) -> Option<&'p Finding> {
        let mut findings = self.plan.findings.iter();
        findings.find(|finding| finding.code() == code)
    }
}

/// How many things stand in the way. That no set of packages fits is what follows from the others, where there are any.
pub(super) fn blockers(findings: &[Finding]) -> usize {
    let all = || findings.iter().filter(|finding| finding.is_blocker());
    let causes = all().filter(|finding| finding.code() != Code::NoSolution);
    match causes.count() {
        0 => all().count(),
        causes => causes,
    }
}

/// What becomes of each extension.
fn rows(plan: &Plan) -> Vec<Row<'_>> {
    let changes: BTreeMap<&str, &Change> = plan
        .changes
        .iter()
        .map(|change| (change.package.as_str(), change))
        .collect();
    let old_names: BTreeSet<&str> = plan
        .changes
        .iter()
        .filter(|change| change.kind == ChangeKind::Rename)
        .map(|change| change.reason.as_str())
        .collect();
    let is_decided = !plan.is_blocked();
    let extensions = plan.background.extensions.iter();
    let rows = extensions
        .filter(|extension| !old_names.contains(extension.name.as_str()))
        .map(|extension| {
            let is_about = |finding: &Finding| finding.package.as_deref() == Some(&extension.name);
            let reason = plan.findings.iter().position(is_about);
            let blocks = reason.is_some_and(|at| plan.findings[at].is_blocker());
            let change = changes.get(extension.name.as_str()).copied();
            let fate = match change.map(|change| change.kind) {
                _ if blocks => Fate::InTheWay,
                Some(ChangeKind::Remove) => Fate::Goes,
                Some(ChangeKind::Downgrade) => Fate::GoesBack,
                Some(ChangeKind::Rename) => Fate::Renamed,
                Some(ChangeKind::Update) => Fate::Moves,
                Some(ChangeKind::Add) => Fate::Comes,
                None if is_decided => Fate::Stays,
                None => Fate::Undecided,
            };
            Row {
                extension,
                fate,
                change,
                reason,
            }
        });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by(|a, b| (a.fate, &a.extension.name).cmp(&(b.fate, &b.extension.name)));
    rows
}
