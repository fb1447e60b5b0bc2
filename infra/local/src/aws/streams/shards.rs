//! A table's stream as one sequence of batches: its shards, parents before children.

use std::collections::BTreeMap;

use aws_sdk_dynamodbstreams::types::{Record, Shard, ShardIteratorType};
use aws_sdk_dynamodbstreams::{Client, Error};

use super::event;

/// Records per batch: Lambda's default.
const BATCH: i32 = 100;

/// The reader of one table's stream.
pub(super) struct Stream<'a> {
    client: &'a Client,
    table: &'a str,
    arn: Option<String>,
    shards: BTreeMap<String, Cursor>,
    /// A shard has ended since the last look, so it may have children by now.
    outdated: bool,
}

/// Where the reading of a shard stands.
enum Cursor {
    /// The next read starts after this record, or at the oldest one.
    After(Option<String>),
    /// The next read uses this iterator; the record is the last one that was delivered.
    At { iterator: String, after: Option<String> },
    /// The shard is closed and read to its end.
    Finished,
}

/// Records of one shard. They count as read once the batch is given back to [`Stream::advance`].
#[derive(Default)]
pub(super) struct Batch {
    pub(super) stream_arn: String,
    pub(super) records: Vec<Record>,
    shard: String,
    next: Option<String>,
}

impl<'a> Stream<'a> {
    pub(super) fn new(client: &'a Client, table: &'a str) -> Self {
        Self { client, table, arn: None, shards: BTreeMap::new(), outdated: true }
    }

    /// The next batch; an empty one when nothing is there now.
    pub(super) async fn read(&mut self) -> Result<Batch, Error> {
        let Some(arn) = self.arn().await? else { return Ok(Batch::default()) };
        if self.outdated || self.ready().is_empty() {
            self.discover(&arn).await?;
            self.outdated = false;
        }
        for shard in self.ready() {
            let (records, next) = self.records(&arn, &shard).await?;
            let batch = Batch { stream_arn: arn.clone(), records, shard, next };
            if !batch.records.is_empty() {
                return Ok(batch);
            }
            self.advance(batch);
        }
        Ok(Batch::default())
    }

    /// Moves past a batch that was delivered.
    pub(super) fn advance(&mut self, batch: Batch) {
        let delivered = batch.records.last().and_then(event::sequence_number).map(str::to_owned);
        let Some(cursor) = self.shards.get_mut(&batch.shard) else { return };
        let before = match cursor {
            Cursor::At { after, .. } | Cursor::After(after) => after.take(),
            Cursor::Finished => None,
        };
        *cursor = match batch.next {
            Some(iterator) => Cursor::At { iterator, after: delivered.or(before) },
            None => Cursor::Finished,
        };
        self.outdated |= matches!(cursor, Cursor::Finished);
    }

    async fn arn(&mut self) -> Result<Option<String>, Error> {
        if self.arn.is_none() {
            let streams = self.client.list_streams().table_name(self.table).send().await?;
            self.arn = streams.streams().last().and_then(|stream| stream.stream_arn()).map(str::to_owned);
        }
        Ok(self.arn.clone())
    }

    /// Shards to read now. Known shards are kept in the order of their ids, which is the order of their creation.
    fn ready(&self) -> Vec<String> {
        let open = self.shards.iter().filter(|(_, cursor)| !matches!(cursor, Cursor::Finished));
        open.map(|(id, _)| id.clone()).collect()
    }

    /// Learns the shards whose parents are read to the end, or gone.
    async fn discover(&mut self, arn: &str) -> Result<(), Error> {
        let mut listed: Vec<Shard> = Vec::new();
        loop {
            let last = listed.last().and_then(|shard| shard.shard_id.clone());
            let answer =
                self.client.describe_stream().stream_arn(arn).set_exclusive_start_shard_id(last).send().await?;
            let Some(page) = answer.stream_description else { break };
            listed.extend(page.shards.unwrap_or_default());
            if page.last_evaluated_shard_id.is_none() {
                break;
            }
        }
        for shard in &listed {
            let waits = shard.parent_shard_id().is_some_and(|parent| {
                listed.iter().any(|other| other.shard_id() == Some(parent))
                    && !matches!(self.shards.get(parent), Some(Cursor::Finished))
            });
            if let (false, Some(id)) = (waits, shard.shard_id()) {
                self.shards.entry(id.to_owned()).or_insert(Cursor::After(None));
            }
        }
        Ok(())
    }

    async fn records(&mut self, arn: &str, shard: &str) -> Result<(Vec<Record>, Option<String>), Error> {
        let iterator = match self.shards.get(shard) {
            Some(Cursor::At { iterator, .. }) => iterator.clone(),
            Some(Cursor::After(after)) => match self.iterator(arn, shard, after.clone()).await? {
                Some(iterator) => iterator,
                None => return Ok((Vec::new(), None)),
            },
            Some(Cursor::Finished) | None => return Ok((Vec::new(), None)),
        };
        match self.client.get_records().shard_iterator(iterator).limit(BATCH).send().await {
            Ok(answer) => Ok((answer.records.unwrap_or_default(), answer.next_shard_iterator)),
            Err(error) => {
                // An iterator expires after 15 minutes, for one in a machine that slept: ask for a new one next time.
                if let Some(cursor) = self.shards.get_mut(shard)
                    && let Cursor::At { after, .. } = cursor
                {
                    *cursor = Cursor::After(after.take());
                }
                Err(error.into())
            }
        }
    }

    async fn iterator(&self, arn: &str, shard: &str, after: Option<String>) -> Result<Option<String>, Error> {
        let kind = match after {
            Some(_) => ShardIteratorType::AfterSequenceNumber,
            None => ShardIteratorType::TrimHorizon,
        };
        let request = self.client.get_shard_iterator().stream_arn(arn).shard_id(shard).shard_iterator_type(kind);
        Ok(request.set_sequence_number(after).send().await?.shard_iterator)
    }
}
