//! Stream records as the JSON that Lambda hands to a function.

use aws_sdk_dynamodbstreams::types::{AttributeValue, OperationType, Record, StreamRecord, StreamViewType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::aws::REGION;

type Attributes = std::collections::HashMap<String, AttributeValue>;

/// The event for one batch.
pub(super) fn lambda_event(stream_arn: &str, records: &[Record]) -> Value {
    // The emulator calls its region by its own name; a function sees the one it runs in.
    let arn = stream_arn.replacen(":dynoxide:", &format!(":{REGION}:"), 1);
    json!({ "Records": records.iter().map(|record| lambda_record(&arn, record)).collect::<Vec<_>>() })
}

/// The sequence number of a record, which is also what a function reports as failed.
pub(super) fn sequence_number(record: &Record) -> Option<&str> {
    record.dynamodb()?.sequence_number()
}

fn lambda_record(stream_arn: &str, record: &Record) -> Value {
    let mut json = json!({
        "eventID": record.event_id(),
        "eventName": record.event_name().map(OperationType::as_str),
        "eventVersion": record.event_version(),
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "eventSourceARN": stream_arn,
        "dynamodb": record.dynamodb().map(change),
    });
    // Only an expiry by TTL names its author.
    if let (Some(identity), Some(fields)) = (record.user_identity(), json.as_object_mut()) {
        let author = json!({ "type": identity.r#type(), "principalId": identity.principal_id() });
        fields.insert("userIdentity".to_owned(), author);
    }
    json
}

/// Both times and sizes are whole numbers, as Lambda sends them; an image that the change has not is left out.
fn change(record: &StreamRecord) -> Value {
    let mut json = json!({
        "ApproximateCreationDateTime": record.approximate_creation_date_time().map(|time| time.secs()),
        "SequenceNumber": record.sequence_number(),
        "SizeBytes": record.size_bytes(),
        "StreamViewType": record.stream_view_type().map(StreamViewType::as_str),
    });
    let images = [("Keys", record.keys()), ("NewImage", record.new_image()), ("OldImage", record.old_image())];
    for (name, attributes) in images {
        if let (Some(attributes), Some(fields)) = (attributes, json.as_object_mut()) {
            fields.insert(name.to_owned(), image(attributes));
        }
    }
    json
}

fn image(attributes: &Attributes) -> Value {
    Value::Object(attributes.iter().map(|(name, value)| (name.clone(), attribute(value))).collect::<Map<_, _>>())
}

fn attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(truth) => json!({ "BOOL": truth }),
        AttributeValue::Null(truth) => json!({ "NULL": truth }),
        AttributeValue::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
        AttributeValue::M(map) => json!({ "M": image(map) }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(attribute).collect::<Vec<_>>() }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        AttributeValue::Bs(set) => json!({ "BS": set.iter().map(|bytes| STANDARD.encode(bytes)).collect::<Vec<_>>() }),
        // A type that this SDK does not know: say so rather than drop the attribute.
        unknown => json!({ "UNKNOWN": format!("{unknown:?}") }),
    }
}
