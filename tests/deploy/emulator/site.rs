//! A running ministack.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use local::aws;
use serde_json::Value;
use tempfile::TempDir;
use tests::eventually;

use super::package;

/// What the template has, and what deploying needs.
const SERVICES: &str = "apigateway,apigatewayv2,cloudformation,cloudwatch,dynamodb,dynamodbstreams,events,iam,lambda,logs,\
    s3,scheduler,secretsmanager,sns,sqs,sts";

const BUCKET: &str = "paylater-artifacts";

/// Makes the bucket, with the templates of nested stacks in it.
const UPLOAD: &str = "import boto3, pathlib
s3, bucket = boto3.client('s3'), 'paylater-artifacts'
s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={'LocationConstraint': s3.meta.region_name})
for template in pathlib.Path().glob('*-template.json'):
    s3.upload_file(str(template), bucket, template.name)
";

/// The AWS CLI, as far as `infra/set-parameters` needs it: it goes with neither sam's boto3 nor the emulator's.
const AWS: &str = "import boto3, sys
asked = 'cloudformation get-template --stack-name paylater --template-stage Original --query TemplateBody --output text'
assert sys.argv[1:] == asked.split(), sys.argv
print(boto3.client('cloudformation').get_template(StackName='paylater', TemplateStage='Original')['TemplateBody'])
";

pub(super) struct Emulator {
    process: Child,
    url: String,
    client: reqwest::Client,
    folder: TempDir,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Emulator {
    pub(super) async fn start(tools: &Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(folder.path().join("ministack.log")).unwrap();
        let mut command = Command::new(tools.join("ministack"));
        command
            .env("GATEWAY_PORT", port.to_string())
            .env("LAMBDA_EXECUTOR", "local")
            .env("MINISTACK_REGION", aws::REGION);
        command.env("BIND_HOST", "127.0.0.1").env("SERVICES", SERVICES);
        command.env("TMPDIR", folder.path()).current_dir(folder.path());
        let process = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let (url, client) = (format!("http://127.0.0.1:{port}"), reqwest::Client::new());
        let emulator = Self { process, url, client, folder };
        eventually("ministack answers", async || emulator.client.get(&emulator.url).send().await.ok()).await;
        emulator
    }

    /// `sam deploy`, as it is done to AWS, while two providers are switched off.
    pub(super) fn deploy(&self, tools: &Path) {
        let template = package::write(self.folder.path(), &self.url);
        self.run(Command::new(tools.join("python")).args(["-c", UPLOAD]));
        let mut deploy = Command::new(tools.join("sam"));
        deploy.args(["deploy", "--stack-name", "paylater", "--s3-bucket", BUCKET, "--no-confirm-changeset"]);
        deploy.args(["--no-progressbar", "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]);
        deploy.args(["--parameter-overrides", "Architecture=x86_64", "DisabledProviders=billie_pad,billink"]);
        self.run(deploy.arg("--template").arg(template));
    }

    /// `infra/set-parameters`, as an operator calls it.
    pub(super) fn set_parameters(&self, tools: &Path, parameters: &[&str]) {
        let aws = self.folder.path().join("aws");
        std::fs::write(&aws, format!("#!{}\n{AWS}", tools.join("python").display())).unwrap();
        std::fs::set_permissions(&aws, std::fs::Permissions::from_mode(0o755)).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/set-parameters");
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{}:{path}", self.folder.path().display(), tools.display());
        self.run(Command::new(script).env("PATH", path).arg("paylater").args(parameters));
    }

    fn run(&self, command: &mut Command) {
        let keys = [("AWS_ACCESS_KEY_ID", aws::ACCESS_KEY_ID), ("AWS_SECRET_ACCESS_KEY", aws::SECRET_ACCESS_KEY)];
        command.envs(keys).env("AWS_ENDPOINT_URL", &self.url).env("AWS_DEFAULT_REGION", aws::REGION);
        let done = command.env("SAM_CLI_TELEMETRY", "0").current_dir(self.folder.path()).output().unwrap();
        let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(done.status.success(), "{command:?}\n{}\n{}", told(&done.stdout), told(&done.stderr));
    }

    /// Invokes the version of a function that is live.
    pub(super) async fn invoke(&self, function: &str, event: &Value) -> Value {
        let url = format!("{}/2015-03-31/functions/paylater-test-{function}:live/invocations", self.url);
        self.send(self.client.post(url), "lambda", event).await
    }

    /// Asks a service that speaks JSON.
    pub(super) async fn ask(&self, service: &str, action: &str, body: &Value) -> Value {
        let request = self.client.post(&self.url).header("x-amz-target", format!("{service}.{action}"));
        self.send(request.header("content-type", "application/x-amz-json-1.1"), service, body).await
    }

    /// The emulator believes any signature, and takes the region from it.
    async fn send(&self, request: reqwest::RequestBuilder, service: &str, body: &Value) -> Value {
        let scope = format!("{}/20260201/{}/{service}/aws4_request", aws::ACCESS_KEY_ID, aws::REGION);
        let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none");
        let answer = request.header("authorization", signature).body(body.to_string()).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{service}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{service}: {text}"))
    }

    /// A reader of a queue, by the address that the emulator is called at here.
    pub(super) async fn event_queue(&self, name: &str) -> EventQueue {
        let sqs = aws_sdk_sqs::Client::new(&aws::sdk(&self.url));
        let queue = sqs.get_queue_url().queue_name(name).send().await.unwrap();
        let path: String = queue.queue_url().unwrap().splitn(4, '/').skip(3).collect();
        EventQueue { url: format!("{}/{path}", self.url), sqs }
    }
}

/// A queue of events, read.
pub(super) struct EventQueue {
    sqs: aws_sdk_sqs::Client,
    url: String,
}

impl EventQueue {
    /// The types of the events that are there; they are gone then.
    pub(super) async fn receive(&self) -> Vec<String> {
        let request = self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10).wait_time_seconds(1);
        let mut types = Vec::new();
        for message in request.send().await.unwrap().messages.unwrap_or_default() {
            let event: Value = serde_json::from_str(message.body().unwrap()).unwrap();
            types.push(event["type"].as_str().unwrap().to_owned());
            let receipt = message.receipt_handle().unwrap();
            self.sqs.delete_message().queue_url(&self.url).receipt_handle(receipt).send().await.unwrap();
        }
        types
    }
}
