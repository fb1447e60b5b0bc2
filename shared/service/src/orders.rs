//! What can be done about an order beside moving its money: amend it, and tell the provider something about it.

use payment::{AmendCommand, Command, Instruction, InstructionKind, OperationKind};
use serde_json::json;

use crate::Service;
use crate::answer::{Answer, Call};
use crate::movements::require;
use crate::parse;
use crate::problem::{Problem, ProblemCode};

/// What a provider can be told, each by the body that asks for it.
type ReadInstruction = fn(&[u8]) -> Result<Instruction, Problem>;
const INSTRUCTIONS: [(InstructionKind, ReadInstruction); 4] = [
    (InstructionKind::Hold, |body| parse::body(body).map(Instruction::Hold)),
    (InstructionKind::Resume, |body| parse::body(body).map(Instruction::Resume)),
    (InstructionKind::Message, |body| parse::body(body).map(Instruction::Message)),
    (InstructionKind::DirectPayment, |body| parse::body(body).map(Instruction::DirectPayment)),
];

impl Service {
    /// Changes an order: `POST /v1/payments/{id}/orders/{action}`.
    ///
    /// # Errors
    /// When there is no such action, and as [`Service::capture`].
    pub async fn manage_order(
        &self,
        call: &Call,
        (id, action): (&str, &str),
        key: Option<&str>,
        body: &[u8],
    ) -> Result<Answer, Problem> {
        if action == "amend" {
            return self.amend(call, id, key, body).await;
        }
        match INSTRUCTIONS.iter().find(|(kind, _)| in_address(*kind) == action) {
            Some((_, read)) => self.tell(call, id, key, (body, *read)).await,
            None => Err(no_such_action()),
        }
    }

    /// Tells the provider something that takes nothing of the ledger.
    async fn tell(
        &self,
        call: &Call,
        id: &str,
        key: Option<&str>,
        (body, read): (&[u8], ReadInstruction),
    ) -> Result<Answer, Problem> {
        let key = parse::key(key)?;
        let asked = read(body)?;
        let fingerprint = parse::fingerprint(&asked)?;
        let work = self.load(call, &parse::payment_id(id)?).await?;
        let kind = OperationKind::Tell(asked.kind());
        let (capability, _) = self.requested(&work, kind, &key)?;
        require(capability, &json!(asked))?;
        Box::pin(self.run(call, work, Command::tell(asked, key, fingerprint), None)).await
    }

    /// Lowers what is promised.
    async fn amend(&self, call: &Call, id: &str, key: Option<&str>, body: &[u8]) -> Result<Answer, Problem> {
        let key = parse::key(key)?;
        let asked: AmendCommand = parse::body(body)?;
        let fingerprint = parse::fingerprint(&asked)?;
        let work = self.load(call, &parse::payment_id(id)?).await?;
        self.requested(&work, OperationKind::Amend, &key)?;
        Box::pin(self.run(call, work, Command::amend(asked, key, fingerprint), None)).await
    }
}

/// An action's word, as addresses write it.
fn in_address(kind: InstructionKind) -> String {
    kind.as_str().replace('_', "-")
}

fn no_such_action() -> Problem {
    let known: String = INSTRUCTIONS.iter().map(|(kind, _)| format!(", {}", in_address(*kind))).collect();
    Problem::new(ProblemCode::RouteNotFound, format!("An order has no such action; it has: amend{known}."))
}
