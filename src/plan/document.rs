//! A plan as it is written: with its steps in two forms, since what reads `schema` 1 knows them as lines.

use super::background::Background;
use super::{Change, Edit, Finding, Phase, Plan, Side, Step};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The fields of the JSON document.
#[derive(Serialize, Deserialize)]
struct Document {
    schema: u32,
    source: Side,
    target: Side,
    edits: Vec<Edit>,
    changes: Vec<Change>,
    findings: Vec<Finding>,
    #[serde(default)]
    steps: Vec<Step>,
    /// The steps that lie ahead, one line each.
    next_steps: Vec<String>,
    applied: bool,
    #[serde(default, skip_serializing_if = "Background::is_empty")]
    background: Background,
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Document::deserialize(deserializer).map(Self::from)
    }
}

impl From<Plan> for Document {
    fn from(plan: Plan) -> Self {
        let next_steps = plan.steps_ahead().map(Step::line).collect();
        Self {
            schema: plan.schema,
            source: plan.source,
            target: plan.target,
            edits: plan.edits,
            changes: plan.changes,
            findings: plan.findings,
            steps: plan.steps,
            next_steps,
            applied: plan.applied,
            background: plan.background,
        }
    }
}

impl From<Document> for Plan {
    fn from(document: Document) -> Self {
        // A plan from before there were steps has their lines alone.
        let lines = document.next_steps.into_iter();
        let steps = match document.steps.is_empty() {
            true => lines.map(|line| Step::say(Phase::Install, line)).collect(),
            false => document.steps,
        };
        Self {
            schema: document.schema,
            source: document.source,
            target: document.target,
            edits: document.edits,
            changes: document.changes,
            findings: document.findings,
            steps,
            applied: document.applied,
            background: document.background,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn document(steps: Value, lines: Value) -> Value {
        let side = json!({"distribution": "mage-os", "edition": "community", "release": null, "upstream": null});
        json!({
            "schema": 1, "source": side, "target": side, "edits": [], "changes": [], "findings": [],
            "steps": steps, "next_steps": lines, "applied": false,
        })
    }

    #[test]
    fn the_lines_follow_from_the_steps() {
        let steps = json!([
            {"phase": "install", "command": "composer install", "text": "with plugins on"},
            {"phase": "check", "command": null, "text": "Log in"},
            {"phase": "roll-back", "command": "mageshift undo", "text": ""},
        ]);
        let plan: Plan = serde_json::from_value(document(steps.clone(), json!([]))).unwrap();
        let lines = json!(["composer install: with plugins on", "Log in"]);
        assert_eq!(
            serde_json::to_value(&plan).unwrap(),
            document(steps, lines.clone())
        );
        let mut older = document(json!([]), lines.clone());
        older.as_object_mut().unwrap().remove("steps");
        let plan: Plan = serde_json::from_value(older).unwrap();
        assert_eq!(
            serde_json::to_value(&plan).unwrap()["next_steps"],
            lines,
            "nothing of an older plan is lost"
        );
    }
}
