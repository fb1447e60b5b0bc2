//! Payments as DynamoDB items.
