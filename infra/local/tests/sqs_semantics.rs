//! What the embedded SQS does as AWS does, shown with the ordinary SDK client.

#![cfg(test)]

use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    Message, MessageSystemAttributeName as System, QueueAttributeName, SendMessageBatchRequestEntry as Entry,
};
use local::aws::sdk;
use local::aws::sqs::{self, Sqs};

/// A fresh SQS with one queue in it.
struct Queue {
    client: Client,
    url: String,
    _sqs: Sqs,
}

impl Queue {
    async fn fifo() -> Self {
        Self::start("events.fifo").await
    }

    async fn standard() -> Self {
        Self::start("wake").await
    }

    async fn start(name: &str) -> Self {
        let sqs = Sqs::start(0).await.unwrap();
        let client = Client::new(&sdk(sqs.url()));
        let url = if name == "wake" {
            sqs::create_queue(&client, name).await.unwrap()
        } else {
            sqs::create_event_queue(&client, name).await.unwrap()
        };
        Self { client, url, _sqs: sqs }
    }

    /// Sends to a group; the body is its own deduplication id. Answers the sequence number.
    async fn send(&self, group: &str, body: &str) -> String {
        let request = self.client.send_message().queue_url(&self.url).message_body(body);
        let sent = request.message_group_id(group).message_deduplication_id(body).send().await.unwrap();
        sent.sequence_number.unwrap()
    }

    /// Receives what is there now.
    async fn receive(&self) -> Vec<Message> {
        self.poll(0, 30).await
    }

    async fn poll(&self, wait: i32, visibility: i32) -> Vec<Message> {
        let request = self.client.receive_message().queue_url(&self.url).max_number_of_messages(10);
        let request = request.message_system_attribute_names(System::All);
        let answer = request.wait_time_seconds(wait).visibility_timeout(visibility).send().await.unwrap();
        answer.messages.unwrap_or_default()
    }

    async fn delete(&self, message: &Message) {
        let handle = message.receipt_handle().unwrap();
        self.client.delete_message().queue_url(&self.url).receipt_handle(handle).send().await.unwrap();
    }

    async fn change_visibility(&self, message: &Message, seconds: i32) {
        let request = self.client.change_message_visibility().queue_url(&self.url);
        let request = request.receipt_handle(message.receipt_handle().unwrap());
        request.visibility_timeout(seconds).send().await.unwrap();
    }
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().filter_map(Message::body).collect()
}

fn system<'a>(message: &'a Message, name: &System) -> &'a str {
    message.attributes().unwrap().get(name).unwrap()
}

#[tokio::test]
async fn messages_of_one_group_come_in_the_order_in_which_they_were_sent() {
    let queue = Queue::fifo().await;
    let mut sent = Vec::new();
    for body in ["1", "2", "3", "4"] {
        sent.push(queue.send("pay_a", body).await);
    }

    let mut received = Vec::new();
    for body in ["1", "2", "3", "4"] {
        let messages = queue.receive().await;
        assert_eq!(bodies(&messages), [body]);
        assert_eq!(system(&messages[0], &System::MessageGroupId), "pay_a");
        assert_eq!(system(&messages[0], &System::MessageDeduplicationId), body);
        received.push(system(&messages[0], &System::SequenceNumber).to_owned());
        queue.delete(&messages[0]).await;
    }

    assert_eq!(received, sent);
    assert!(received.is_sorted(), "{received:?}");
}

#[tokio::test]
async fn a_group_is_held_back_while_one_of_its_messages_is_in_flight_and_other_groups_are_not() {
    let queue = Queue::fifo().await;
    queue.send("pay_a", "a1").await;
    queue.send("pay_a", "a2").await;
    let in_flight = queue.receive().await;
    assert_eq!(bodies(&in_flight), ["a1"]);

    queue.send("pay_b", "b1").await;
    assert_eq!(bodies(&queue.receive().await), ["b1"], "a2 waits for a1, b1 does not");
    assert!(queue.receive().await.is_empty());

    queue.delete(&in_flight[0]).await;
    assert_eq!(bodies(&queue.receive().await), ["a2"]);
}

#[tokio::test]
async fn a_repeated_deduplication_id_is_accepted_and_not_delivered_again() {
    let queue = Queue::fifo().await;
    let first = queue.send("pay_a", "evt_1").await;
    assert_eq!(queue.send("pay_a", "evt_1").await, first, "the answer is that of the first");
    let messages = queue.receive().await;
    queue.delete(&messages[0]).await;

    assert_eq!(queue.send("pay_a", "evt_1").await, first, "also after the first was consumed");
    assert!(queue.receive().await.is_empty());
}

#[tokio::test]
async fn an_unfinished_message_comes_back_first_when_its_visibility_ends() {
    let queue = Queue::fifo().await;
    queue.send("pay_a", "1").await;
    queue.send("pay_a", "2").await;
    assert_eq!(bodies(&queue.poll(0, 1).await), ["1"]);

    let again = queue.poll(5, 30).await;
    assert_eq!(bodies(&again), ["1"], "before 2, which waits behind it");
    assert_eq!(system(&again[0], &System::ApproximateReceiveCount), "2");
}

#[tokio::test]
async fn visibility_can_be_given_up_or_extended() {
    let queue = Queue::fifo().await;
    queue.send("pay_a", "1").await;
    let first = queue.receive().await;
    queue.change_visibility(&first[0], 0).await;

    let second = queue.poll(0, 1).await;
    assert_eq!(bodies(&second), ["1"], "given up: there at once");

    queue.change_visibility(&second[0], 30).await;
    assert!(queue.poll(2, 30).await.is_empty(), "extended: still hidden after the first second");
}

#[tokio::test]
async fn a_delayed_message_of_a_standard_queue_arrives_after_its_delay() {
    let queue = Queue::standard().await;
    let sent = Instant::now();
    queue.client.send_message().queue_url(&queue.url).message_body("wake").delay_seconds(1).send().await.unwrap();
    assert!(queue.receive().await.is_empty());

    assert_eq!(bodies(&queue.poll(5, 30).await), ["wake"]);
    assert!(sent.elapsed() >= Duration::from_secs(1), "after {:?}", sent.elapsed());
}

#[tokio::test]
async fn a_message_goes_to_the_dead_letter_queue_after_five_deliveries_and_the_group_goes_on() {
    let queue = Queue::fifo().await;
    queue.send("pay_a", "poison").await;
    queue.send("pay_a", "next").await;
    for delivery in 1..=5 {
        let messages = queue.poll(0, 0).await;
        assert_eq!(bodies(&messages), ["poison"], "delivery {delivery}");
        assert_eq!(system(&messages[0], &System::ApproximateReceiveCount), delivery.to_string());
    }
    assert!(queue.receive().await.is_empty(), "the sixth look moves it");

    let dead_letters = queue.client.get_queue_url().queue_name("events-dlq.fifo").send().await.unwrap();
    let poll = queue.client.receive_message().set_queue_url(dead_letters.queue_url);
    let dead = poll.message_system_attribute_names(System::All).wait_time_seconds(5).send().await.unwrap();
    assert_eq!(bodies(dead.messages()), ["poison"]);
    assert_eq!(system(&dead.messages()[0], &System::MessageGroupId), "pay_a");
    assert_eq!(bodies(&queue.poll(5, 30).await), ["next"]);
}

#[tokio::test]
async fn a_batch_reports_the_entries_that_failed_beside_those_that_did_not() {
    let queue = Queue::fifo().await;
    let entry = |id: &str, body: &str| {
        let entry = Entry::builder().id(id).message_body(body).message_deduplication_id(id);
        entry.message_group_id("pay_a").build().unwrap()
    };
    let too_large = "x".repeat(256 * 1024 + 1);
    let request = queue.client.send_message_batch().queue_url(&queue.url);
    let request = request.entries(entry("1", "one")).entries(entry("2", &too_large)).entries(entry("3", "three"));
    let answer = request.send().await.unwrap();

    assert_eq!(answer.successful().iter().map(|entry| entry.id()).collect::<Vec<_>>(), ["1", "3"]);
    assert_eq!(answer.failed().iter().map(|entry| entry.id()).collect::<Vec<_>>(), ["2"]);
    assert!(answer.failed()[0].sender_fault());
    assert_eq!(answer.failed()[0].code(), "InvalidParameterValue");
}

#[tokio::test]
async fn a_waiting_receive_gets_what_is_sent_meanwhile() {
    let queue = Queue::fifo().await;
    let (received, _) = tokio::join!(queue.poll(10, 30), queue.send("pay_a", "1"));
    assert_eq!(bodies(&received), ["1"]);
}

#[tokio::test]
async fn an_event_queue_has_a_dead_letter_queue_of_its_type_and_can_be_created_twice() {
    let queue = Queue::fifo().await;
    assert_eq!(sqs::create_event_queue(&queue.client, "events.fifo").await.unwrap(), queue.url);

    let request = queue.client.get_queue_attributes().queue_url(&queue.url);
    let attributes = request.attribute_names(QueueAttributeName::All).send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes[&QueueAttributeName::QueueArn], "arn:aws:sqs:eu-central-1:000000000000:events.fifo");
    let redrive: serde_json::Value = serde_json::from_str(&attributes[&QueueAttributeName::RedrivePolicy]).unwrap();
    assert_eq!(redrive["deadLetterTargetArn"], "arn:aws:sqs:eu-central-1:000000000000:events-dlq.fifo");
    assert_eq!(redrive["maxReceiveCount"], 5);
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_said_so() {
    let queue = Queue::standard().await;
    let error = queue.client.get_queue_url().queue_name("nobody").send().await.unwrap_err();
    assert!(error.into_service_error().is_queue_does_not_exist());
    let request = queue.client.send_message().queue_url(queue.url.replace("wake", "nobody")).message_body("1");
    let error = request.send().await.unwrap_err();
    assert!(error.into_service_error().is_queue_does_not_exist());
}
