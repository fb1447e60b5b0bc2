//! Published and own signature vectors.

use http::Method;
use serde_json::json;

use super::super::account::{Account, PushHash};
use super::super::sign::{Form, Signed, Stamp};
use super::{SECRET, WEBSITE_KEY, account};

fn website(website_key: &str, secret_key: &str) -> Account {
    let document = json!({"base_url": "https://a.example", "website_key": website_key, "secret_key": secret_key});
    Account::parse(&document).unwrap()
}

const CAPTURE: &str = r#"{"Currency":"EUR","AmountDebit":10.00,"Invoice":"TestInvoice 123","OriginalTransactionKey":"DC268356E5E943C689D3A034AABBCCDD","Services":{"ServiceList":[{"Name":"Billink","Action":"Capture"}]}}"#;

#[test]
fn the_header_of_a_request_is_that_of_every_known_vector() {
    let transaction = "https://testcheckout.buckaroo.nl/json/Transaction";
    let specification = "https://testcheckout.buckaroo.nl/json/Transaction/Specification/billink?serviceVersion=0";
    for (keys, method, url, body, nonce, timestamp, expected) in [
        // spec/buckaroo_json/authorization_header_spec.rb of florish/buckaroo_json
        (
            ("foo", "bar"),
            Method::GET,
            "https://example.com/json/someEndpoint?someParam=someValue",
            "",
            "7bdb2ecc631c584b0ce10fd1b505df84",
            "1447619979",
            "hmac foo:g/mqa1gXAfqxvKvBDE5UCDXxJY8saQmoaeo1mwh/eIk=:7bdb2ecc631c584b0ce10fd1b505df84:1447619979",
        ),
        // the Hmac test of buckaroo-it/BuckarooSDK_Node
        (
            ("test-store", "test-secret"),
            Method::POST,
            transaction,
            r#"{"AmountDebit":10,"Currency":"EUR"}"#,
            "test-nonce",
            "1767268800",
            "hmac test-store:U6hJjO60YbXetTom7+okFkAwY9sIbPitYqUk5cjFIOw=:test-nonce:1767268800",
        ),
        (
            (WEBSITE_KEY, SECRET),
            Method::POST,
            transaction,
            CAPTURE,
            "5f2b1c0e9d8a47b6a1c3e5f708192a3b",
            "1605622335",
            "hmac WEBKEY1234:qNZgY2yNBdlCYcJwrrQ1S5Zq77KAZQkXZ63hKfQwLFw=:5f2b1c0e9d8a47b6a1c3e5f708192a3b:1605622335",
        ),
        (
            (WEBSITE_KEY, SECRET),
            Method::GET,
            specification,
            "",
            "00000000000000000000000000000001",
            "1605622500",
            "hmac WEBKEY1234:t5wErWgdXhuJrFQoPtsLTTtJWupZK+jS6vROV/fj3i0=:00000000000000000000000000000001:1605622500",
        ),
    ] {
        let account = website(keys.0, keys.1);
        let signed = Signed { method: &method, url, body: body.as_bytes() };
        let header = account.authorization(signed, Stamp { nonce, timestamp }).unwrap();
        assert_eq!(header, expected);
        assert!(account.signed_by_provider(&header, signed));
    }
}

#[test]
fn a_signature_is_accepted_with_and_without_its_scheme_and_for_nothing_else() {
    let account = account();
    let signed = Signed { method: &Method::POST, url: "https://pay.example/push?a=1", body: CAPTURE.as_bytes() };
    let header = account.authorization(signed, Stamp { nonce: "n", timestamp: "1" }).unwrap();
    let bare = header.strip_prefix("hmac ").unwrap();
    assert!(account.signed_by_provider(&header.replacen("hmac", "HMAC", 1), signed));
    assert!(account.signed_by_provider(bare, signed));

    let other_website =
        website("OTHERKEY", SECRET).authorization(signed, Stamp { nonce: "n", timestamp: "1" }).unwrap();
    let other_secret = website(WEBSITE_KEY, "x").authorization(signed, Stamp { nonce: "n", timestamp: "1" }).unwrap();
    let signature = bare.split(':').nth(1).unwrap();
    for forged in [
        String::new(),
        "hmac ".into(),
        "é".into(),
        format!("{header}:more"),
        format!("basic {bare}"),
        bare.rsplit_once(':').unwrap().0.to_owned(),
        bare.replace(":n:", ":m:"),
        bare.replace(":1", ":2"),
        bare.replace(signature, ""),
        bare.replace(signature, "AAAA"),
        bare.replace(signature, "not base64"),
        other_website,
        other_secret,
    ] {
        assert!(!account.signed_by_provider(&forged, signed), "{forged}");
    }
    assert!(!account.signed_by_provider(&header, Signed { body: b"{}", ..signed }));
    assert!(!account.signed_by_provider(&header, Signed { url: "https://pay.example/push?a=2", ..signed }));
    assert!(!account.signed_by_provider(&header, Signed { method: &Method::GET, ..signed }));
}

const CAPTURED: &str = "brq_amount=10.00&brq_currency=EUR&brq_invoicenumber=TestInvoice+123&brq_mutationtype=Collecting&brq_statuscode=190&brq_statuscode_detail=S990&brq_test=true&brq_timestamp=2020-11-17+14%3A32%3A16&brq_transaction_method=Billink&brq_transaction_type=C073&brq_transactions=F8EB2B42AB0A49ED83CFE14DAABBCCDD&brq_websitekey=WEBKEY1234&ADD_orderId=42";
const CAPTURED_SHA1: &str = "ddf4d0a725acc11f7f41eb437610af02d6fcdab8";
const CAPTURED_SHA256: &str = "3dac85c790494306c74b52850c4fc35ab6a80ce1ce8c5fdab9038e2504b20f40";
const CAPTURED_SHA512: &str = "2d0712bc239ba0e53b02b91077d75649c7fa29e85ee5081434b005f8c841d9e634160b609ef7b984f175c44769f5de5164215b6c6448cd4d960698f3de6b74be";

/// The iDEAL push of buckaroo_guts' test_utils.py.
const GUTS: &str = "BRQ_STATUSCODE=190&BRQ_PAYMENT_METHOD=ideal&BRQ_TIMESTAMP=2016-09-06+16%3A06%3A54&BRQ_STATUSCODE_DETAIL=S001&BRQ_SERVICE_IDEAL_CONSUMERBIC=RABONL2U&BRQ_TEST=true&BRQ_CUSTOMER_NAME=J.+de+T%C3%A8ster&BRQ_PAYMENT=4ED2032582DF418BADF21587BE406453&BRQ_SERVICE_IDEAL_CONSUMERNAME=J.+de+T%C3%A8ster&BRQ_WEBSITEKEY=3LtvvAcZub&BRQ_AMOUNT=150.00&BRQ_PAYER_HASH=4ea533707efb6aab53686ab557d6c74c192fa80596f2582d6c862885d305283db9a4055b00e10838de57296124f85bbfd36d34f2c00b9d480497d5016b54bcd4&BRQ_TRANSACTIONS=0475B403C11A4AB4A5F69ACBCAA2C3D1&BRQ_CURRENCY=EUR&BRQ_STATUSMESSAGE=Transaction+successfully+processed&BRQ_INVOICENUMBER=4e6703b4-193b-41dc-b2b5-7c4c6336c741&BRQ_SERVICE_IDEAL_CONSUMERISSUER=ABNAMRO+Bank+&BRQ_SERVICE_IDEAL_CONSUMERIBAN=NL44RABO0123456789";

/// The pushes of the Odoo community's payment_buckaroo tests; they carry no website key.
const ODOO: [(&str, &str); 2] = [
    (
        "brq_payment=ABCDEF0123456789ABCDEF0123456789&brq_payment_method=paypal&brq_statuscode=190&brq_statusmessage=Transaction+successfully+processed&brq_invoicenumber=Test+Transaction&brq_amount=1111.11&brq_currency=USD&brq_timestamp=2022-01-01+12%3A00%3A00&brq_transactions=0123456789ABCDEF0123456789ABCDEF",
        "5d389aa4f563cd99666a2e6bef79da3d4a32eb50",
    ),
    (
        "brq_statuscode=190&brq_statusmessage=Transaction+successfully+processed&brq_invoicenumber=Test+Transaction&brq_amount=1111.11&brq_currency=USD&brq_timestamp=2022-01-01+12%3A00%3A00&brq_transactions=0123456789ABCDEF0123456789ABCDEF&brq_transaction_method=paypal&brq_transaction_type=V010",
        "9ba976c3a6a3d2d1b5b58d3aa8c2c6fe269a9c27",
    ),
];

/// The gateway shapes that Buckaroo's PHP and Node SDKs share as test vectors.
const GOLDEN: [(&str, &str); 2] = [
    (
        "ADD_initiated_by_magento=1&ADD_service_action_from_magento=pay&brq_amount=26.62&brq_currency=EUR&brq_customer_name=Test+Person&brq_description=Order+100000001&brq_invoicenumber=100000001&brq_mutationtype=Processing&brq_ordernumber=100000001&brq_payment=00000000000000000000000000000001&brq_SERVICE_paypal_address_line_1=Example+Street+1&brq_SERVICE_paypal_admin_area_2=Example+City&brq_SERVICE_paypal_CustomerName=Test+Person&brq_SERVICE_paypal_orderId=EXAMPLEPPORDER1&brq_SERVICE_paypal_payerCountry=NL&brq_SERVICE_paypal_payerEmail=payer%40example.com&brq_SERVICE_paypal_payerFirstname=Test&brq_SERVICE_paypal_payerLastname=Person&brq_SERVICE_paypal_paypalCaptureId=EXAMPLECAPTURE1&brq_SERVICE_paypal_paypalTransactionID=EXAMPLEPPORDER1&brq_SERVICE_paypal_postal_code=1234AB&brq_SERVICE_paypal_ProtectionEligibility=Eligible&brq_SERVICE_paypal_ProtectionEligibilityType=ItemNotReceivedEligible%2cUnauthorizedPaymentEligible&brq_SERVICE_paypal_VersionAsProperty=2&brq_statuscode=190&brq_statuscode_detail=S990&brq_statusmessage=The+request+was+successful.&brq_test=true&brq_timestamp=2026-01-01+00%3a00%3a00&brq_transaction_method=paypal&brq_transaction_type=V010&brq_transactions=00000000000000000000000000000002&brq_websitekey=EXAMPLEKEY01",
        "576c06ad5797eeb2e212b07f759c05a13df5424a",
    ),
    (
        "ADD_initiated_by_magento=1&ADD_service_action_from_magento=payremainder&brq_amount=11.62&brq_currency=EUR&brq_customer_name=T%c3%a8st+Person&brq_description=Order+100000002&brq_invoicenumber=100000002&brq_mutationtype=Collecting&brq_ordernumber=100000002&brq_payer_hash=00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000&brq_payment=00000000000000000000000000000003&brq_relatedtransaction_partialpayment=00000000000000000000000000000004&brq_SERVICE_ideal_consumerBIC=BANKNL2A&brq_SERVICE_ideal_consumerIBAN=NL00BANK0123456789&brq_SERVICE_ideal_consumerIssuer=Test+Bank&brq_SERVICE_ideal_consumerName=T%c3%a8st+Person&brq_SERVICE_ideal_transactionId=0000000000000001&brq_statuscode=190&brq_statuscode_detail=S990&brq_statusmessage=The+request+was+successful.&brq_test=true&brq_timestamp=2026-01-01+00%3a00%3a00&brq_transaction_method=ideal&brq_transaction_type=C021&brq_transactions=00000000000000000000000000000005&brq_websitekey=EXAMPLEKEY01&CUST_CustomerBillingCity=Example+City&CUST_CustomerBillingCountry=Netherlands&CUST_CustomerBillingEmail=payer%40example.com&CUST_CustomerBillingFirstName=Test&CUST_CustomerBillingHouseNumber=41&CUST_CustomerBillingLastName=Person&CUST_CustomerBillingPostcode=1234+AB&CUST_CustomerBillingStreet=Example+Street&CUST_CustomerBillingTelephone=0600000000&CUST_CustomerShippingCity=Example+City&CUST_CustomerShippingCountry=Netherlands&CUST_CustomerShippingEmail=payer%40example.com&CUST_CustomerShippingFirstName=Test&CUST_CustomerShippingHouseNumber=41&CUST_CustomerShippingLastName=Person&CUST_CustomerShippingPostcode=1234+AB&CUST_CustomerShippingStreet=Example+Street&CUST_CustomerShippingTelephone=0600000000",
        "2a69597bdfaf67e0ba6cec1c7fc8ec84b4d0656b",
    ),
];

fn accepts(account: &Account, fields: &str, signature: &str) -> bool {
    let body = format!("{fields}&brq_signature={signature}");
    Form::parse(body.as_bytes()).is_some_and(|form| account.signed_form(&form))
}

#[test]
fn a_form_is_accepted_with_the_published_signature_in_any_order_of_fields() {
    let golden = || website("EXAMPLEKEY01", "golden-secret-not-a-real-key");
    for (account, fields, signature) in [
        (account(), CAPTURED, CAPTURED_SHA1),
        (account(), CAPTURED, CAPTURED_SHA256),
        (account(), CAPTURED, CAPTURED_SHA512),
        (website("3LtvvAcZub", "54321"), GUTS, "78dd56cb548c807eada3e232d5ad5c45e5157c96"),
        (golden(), GOLDEN[0].0, GOLDEN[0].1),
        (golden(), GOLDEN[1].0, GOLDEN[1].1),
    ] {
        assert!(accepts(&account, fields, signature), "{signature}");
        assert!(accepts(&account, fields, &signature.to_ascii_uppercase()), "{signature}");
        let reversed = fields.split('&').rev().collect::<Vec<_>>().join("&");
        assert!(accepts(&account, &reversed, signature), "{signature}");
        let tampered = fields.replacen("brq_statuscode=190", "brq_statuscode=690", 1);
        let tampered = tampered.replacen("BRQ_STATUSCODE=190", "BRQ_STATUSCODE=690", 1);
        assert!(!accepts(&account, &tampered, signature), "{signature}");
    }
}

#[test]
fn a_form_without_a_website_key_has_the_published_digest_and_is_refused() {
    let account = website("any", "test_key_123");
    for (fields, signature) in ODOO {
        let form = Form::parse(format!("{fields}&brq_signature={signature}").as_bytes()).unwrap();
        assert_eq!(data_encoding::HEXLOWER.encode(&form.digest(PushHash::Sha1, "test_key_123")), signature);
        assert!(!account.signed_form(&form));
    }
}

#[test]
fn a_configured_algorithm_is_the_only_one() {
    let mut document = super::account_document("https://a.example");
    document["wire"] = json!({"push_hash": "sha512"});
    let account = Account::parse(&document).unwrap();
    assert!(accepts(&account, CAPTURED, CAPTURED_SHA512));
    assert!(!accepts(&account, CAPTURED, CAPTURED_SHA1));
}

#[test]
fn a_form_that_could_be_read_in_two_ways_is_refused_even_when_its_signature_is_right() {
    let signed = |fields: &[(&str, &str)]| {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut sorted = fields.to_vec();
        sorted.sort_by_key(|(name, _)| name.to_ascii_lowercase());
        let text: String = sorted.iter().flat_map(|(name, value)| [*name, "=", value]).chain([SECRET]).collect();
        let digest = <sha1::Sha1 as sha1::Digest>::digest(text);
        format!("{body}&brq_signature={}", data_encoding::HEXLOWER.encode(&digest))
    };
    let accepted = |body: String| Form::parse(body.as_bytes()).is_some_and(|form| account().signed_form(&form));
    let base = [("brq_invoicenumber", "INV1"), ("brq_statuscode", "490"), ("brq_websitekey", WEBSITE_KEY)];
    assert!(accepted(signed(&base)));
    let fine = [("ADD_returnurl", "https://example.com/?cust=1&add_id"), base[0], base[1], base[2]];
    assert!(accepted(signed(&fine)), "an equals sign that follows no field's name is no harm");
    for bad in [
        ("brq_customer_name", "Xbrq_statuscode=190"),
        ("ADD_note", "xBRQ_amount=1"),
        ("brq_note=x", "y"),
        ("add_note=xbrq_amount", "1.00"),
        ("add_brq_amount", "1.00"),
        ("brq_sbrq_note", "x"),
        ("Brq_StatusCode", "190"),
        ("brq_statuscode", "190"),
        ("brq_websitekey", "OTHER"),
        ("BRQ_WEBSITEKEY", WEBSITE_KEY),
    ] {
        let mut fields = base.to_vec();
        fields.push(bad);
        assert!(!accepted(signed(&fields)), "{bad:?}");
    }
    for website_key in ["", "webkey1234", "WEBKEY1234 ", "OTHER"] {
        assert!(!accepted(signed(&[base[0], base[1], ("brq_websitekey", website_key)])), "{website_key:?}");
    }
    assert!(!accepted(signed(&[base[0], base[1]])));
    let twice = format!("{}&BRQ_SIGNATURE={CAPTURED_SHA1}", signed(&base));
    assert!(!accepted(twice));
    for signature in ["", "abc", "xyz"] {
        assert!(!accepts(&account(), CAPTURED, signature));
    }
    assert!(Form::parse(CAPTURED.as_bytes()).is_none(), "no signature at all");
}

/// The page signs what begins with one of three prefixes, and nothing else.
#[test]
fn fields_that_are_not_signed_are_ignored_and_signed_names_may_be_any() {
    let foreign = format!("{CAPTURED}&note=x&note=brq_amount%3D1&+brq_statuscode=690&=&xbrq_amount=1");
    assert!(accepts(&account(), &foreign, CAPTURED_SHA1));
    let form = Form::parse(format!("{foreign}&brq_signature={CAPTURED_SHA1}").as_bytes()).unwrap();
    for name in ["note", " brq_statuscode", "", "xbrq_amount"] {
        assert_eq!(form.get(name), None, "what is not signed is not read");
    }
    assert_eq!((form.get("brq_statuscode"), form.get("brq_amount")), (Some("190"), Some("10.00")));
    for (name, at) in [("ADD_order-id", 0), ("add_cust_id", 0), ("CUST_é", 3)] {
        let mut fields = vec![("brq_amount", "1.00"), ("brq_statuscode", "190"), ("brq_websitekey", WEBSITE_KEY)];
        fields.insert(at, (name, "7"));
        let text: String = fields.iter().flat_map(|(name, value)| [*name, "=", value]).chain([SECRET]).collect();
        let signature = data_encoding::HEXLOWER.encode(&<sha1::Sha1 as sha1::Digest>::digest(text));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        assert!(accepts(&account(), &body, &signature), "{name}");
        assert!(!accepts(&account(), &body.replace("=7", "=8"), &signature), "{name}");
    }
}

#[test]
fn a_split_at_another_boundary_is_refused() {
    let genuine = [("brq_payment", "PAYKEY"), ("brq_statuscode", "490"), ("CUST_Street", "Mainbrq_statuscode=190")];
    let text: String = genuine.iter().flat_map(|(name, value)| [*name, "=", value]).chain([SECRET]).collect();
    let signature = data_encoding::HEXLOWER.encode(&<sha1::Sha1 as sha1::Digest>::digest(text));
    let forged = "brq_payment=PAYKEYbrq_statuscode%3D490&CUST_Street=Main&brq_statuscode=190";
    assert!(!accepts(&account(), forged, &signature));
}

#[test]
fn names_are_signed_symbols_first_then_digits_then_letters_and_the_shorter_first() {
    let body = "brq_a1=1&brq_a_b=2&brq_ab=3&BRQ_A=4&add_z=5&brq_signature=00";
    let form = Form::parse(body.as_bytes()).unwrap();
    assert_eq!(form.joined(""), "add_z=5BRQ_A=4brq_a_b=2brq_a1=1brq_ab=3");
}

#[test]
fn a_long_value_full_of_prefixes_is_judged_quickly() {
    let body = format!("brq_note={}=&brq_signature=00", "brq_".repeat(60_000));
    let started = std::time::Instant::now();
    assert!(Form::parse(body.as_bytes()).is_none());
    assert!(started.elapsed() < std::time::Duration::from_secs(1));
}
