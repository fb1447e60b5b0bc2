//! The body of a new session, field by field.

use url::Url;

use super::answers::form;
use super::{FormErrors, Settings};
use crate::billink_shared::{is_email, is_number};
use crate::json::Json;
use crate::message::Answer;
use crate::money;
use crate::reader::{Flaws, Reader};

/// Where the buyer goes.
#[derive(Clone, Debug)]
pub(crate) struct Urls {
    pub(crate) success: String,
    pub(crate) fail: String,
    pub(crate) back: Option<String>,
    pub(crate) cancel: Option<String>,
}

/// A new session as asked for.
pub(crate) struct Wanted {
    pub(crate) username: String,
    pub(crate) id: String,
    pub(crate) workflow: String,
    pub(crate) urls: Option<Urls>,
    pub(crate) email: String,
    pub(crate) number: String,
    pub(crate) custom: Option<String>,
    pub(crate) minor: i64,
}

impl Wanted {
    pub(crate) fn read(body: &Json, settings: &Settings) -> Result<Self, Answer> {
        let flaws = Flaws::default();
        let reader = Reader::new(body, &flaws);
        let mut wanted = Self {
            username: String::new(),
            id: String::new(),
            workflow: String::new(),
            urls: None,
            email: String::new(),
            number: String::new(),
            custom: None,
            minor: 0,
        };
        if let Some(client) = reader.required("client") {
            wanted.client(client, settings);
        }
        if let Some(customer) = reader.required("customer") {
            wanted.email = read_customer(customer);
        }
        if let Some(billing) = reader.required("billingAddress") {
            address(billing);
        }
        if let Some(shipping) = reader.object("shippingAddress") {
            address(shipping);
        }
        reader.object("submerchant");
        if let Some(transaction) = reader.required("transaction") {
            wanted.transaction(transaction);
        }
        reader.end();
        let shape: FormErrors = settings.form_errors;
        flaws.verdict(|flaws| form(shape, flaws))?;
        Ok(wanted)
    }

    fn client(&mut self, client: Reader<'_>, settings: &Settings) {
        (self.username, self.id) = (client.text("billinkUsername"), client.text("billinkID"));
        self.workflow = client.text("workflowNumber");
        if !self.workflow.is_empty() && !settings.workflows.contains(&self.workflow) {
            client.flaw("workflowNumber", "Workflow does not exist");
        }
        if let Some(options) = client.object("options") {
            web(&options, "logoURL");
            options.end();
        }
        self.urls = client.required("returnURL").map(|urls| {
            for name in ["successURL", "failURL"] {
                if !urls.has(name) {
                    urls.flaw(name, "This value should not be blank.");
                }
            }
            let read = Urls {
                success: web(&urls, "successURL").unwrap_or_default(),
                fail: web(&urls, "failURL").unwrap_or_default(),
                back: web(&urls, "backURL"),
                cancel: web(&urls, "cancelURL"),
            };
            urls.end();
            read
        });
        client.end();
    }

    /// Amounts, rates and quantities are strings; the rows add up to the total, and their VAT to the VAT in it.
    fn transaction(&mut self, transaction: Reader<'_>) {
        self.minor = amount(&transaction, "totalAmount");
        let tax = amount(&transaction, "totalTaxAmount");
        if self.minor <= 0 {
            transaction.flaw("totalAmount", "This value should be positive.");
        }
        if tax < 0 || tax > self.minor {
            transaction.flaw("totalTaxAmount", "This value is not valid.");
        }
        country(&transaction, "purchaseCountry");
        if transaction.text("purchaseCurrency") != "EUR" {
            transaction.flaw("purchaseCurrency", "This value should be EUR.");
        }
        self.number = transaction.text("orderNumber");
        if !is_number(&self.number) {
            transaction.flaw("orderNumber", "This value should have at most 50 letters, digits, underscores, dashes.");
        }
        self.custom = transaction.optional("customInvoiceID").filter(|custom| !custom.is_empty());
        let items = transaction.list("orderItems");
        if items.is_empty() {
            transaction.flaw("orderItems", "This collection should contain 1 element or more.");
        }
        let sum = items.into_iter().map(item).fold(Row::default(), Row::plus);
        if sum.total != self.minor {
            transaction.flaw("totalAmount", "The order items should add up to the total.");
        }
        if tax.saturating_sub(sum.tax).saturating_abs() > sum.slack {
            transaction.flaw("totalTaxAmount", "The VAT of the order items should add up to it.");
        }
        transaction.texts("productIdentifiers");
        transaction.end();
    }
}

/// What a row, or several, come to in cents: the VAT in the total, and how far rounding can have moved it.
#[derive(Default)]
struct Row {
    total: i64,
    tax: i64,
    slack: i64,
}

impl Row {
    fn plus(self, other: Self) -> Self {
        Self {
            total: self.total.saturating_add(other.total),
            tax: self.tax.saturating_add(other.tax),
            slack: self.slack.saturating_add(other.slack),
        }
    }
}

/// The VAT in an amount that has it inside, at a rate in hundredths of a percent.
fn vat_within(minor: i64, rate: i64) -> i64 {
    let whole = rate.saturating_add(10_000).max(1);
    minor.saturating_mul(rate).checked_div(whole).unwrap_or_default()
}

/// One row; the unit price times the quantity is the row's total, but for the rounding of the unit price. As Billink's own
/// plugin for Magento 2 has it, the VAT is that of one unit, and a discount is a negative row of a code of its own.
fn item(item: Reader<'_>) -> Row {
    let code = item.text("code");
    item.text("name");
    item.limited("description", 1_000);
    let (total, unit) = (amount(&item, "totalProductAmount"), amount(&item, "productAmount"));
    if total < 0 && code != "0002" {
        item.flaw("code", "This value should be 0002 for a discount.");
    }
    let tax = amount(&item, "productTaxAmount");
    let rate = item.text("taxRate");
    let rate = money::minor(&rate).filter(|rate| (0..=10_000).contains(rate));
    if rate.is_none() {
        item.flaw("taxRate", "This value should be a percentage in a string.");
    }
    if rate.is_some_and(|rate| tax.saturating_sub(vat_within(unit, rate)).saturating_abs() > 1) {
        item.flaw("productTaxAmount", "This value should be the VAT in the unit price.");
    }
    let quantity = item.text("quantity");
    let whole = quantity.parse::<i64>().ok();
    if money::minor(&quantity).is_none_or(|quantity| quantity <= 0) {
        item.flaw("quantity", "This value should be a positive number in a string.");
    }
    if whole.is_some_and(|count| unit.saturating_mul(count).saturating_sub(total).saturating_abs() > count) {
        item.flaw("totalProductAmount", "This value should be the unit price times the quantity.");
    }
    item.end();
    Row { total, tax: vat_within(total, rate.unwrap_or_default()), slack: whole.unwrap_or(1).saturating_add(1) }
}

fn amount(reader: &Reader<'_>, name: &'static str) -> i64 {
    let text = reader.text(name);
    let minor = money::minor(&text);
    if minor.is_none() && !text.is_empty() {
        reader.flaw(name, "This value should be a decimal number in a string.");
    }
    minor.unwrap_or_default()
}

fn web(reader: &Reader<'_>, name: &'static str) -> Option<String> {
    let url = reader.limited(name, 2_000).filter(|url| !url.is_empty())?;
    if !Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        reader.flaw(name, "This value is not a valid URL.");
    }
    Some(url)
}

fn country(reader: &Reader<'_>, name: &'static str) {
    let code = reader.text(name);
    if !code.is_empty() && !["NL", "BE", "DE"].contains(&code.as_str()) {
        reader.flaw(name, "This value is not a valid country.");
    }
}

fn address(address: Reader<'_>) {
    for name in ["street", "houseNumber", "postalCode", "city"] {
        address.text(name);
    }
    address.optional("houseExtension");
    country(&address, "countryCode");
    address.end();
}

/// Lower-case `p` or `b`; a business has a name and a number, a birth date is `dd-mm-yyyy`. Returns the address of
/// the mailbox.
fn read_customer(customer: Reader<'_>) -> String {
    let kind = customer.text("type");
    customer.text("firstName");
    customer.text("lastName");
    let email = customer.text("email");
    if !email.is_empty() && !is_email(&email) {
        customer.flaw("email", "This value is not a valid email address.");
    }
    match kind.as_str() {
        "p" | "" => {
            customer.optional("company");
            customer.optional("companyNumber");
        }
        "b" => {
            customer.text("company");
            customer.text("companyNumber");
        }
        _ => customer.flaw("type", "This value should be p or b."),
    }
    if !matches!(customer.optional("gender").as_deref(), None | Some("" | "M" | "F" | "O")) {
        customer.flaw("gender", "The value you selected is not a valid choice.");
    }
    let birthdate = customer.optional("birthdate").unwrap_or_default();
    if !birthdate.is_empty() && jiff::civil::Date::strptime("%d-%m-%Y", &birthdate).is_err() {
        customer.flaw("birthdate", "This value should be dd-mm-yyyy.");
    }
    customer.optional("mobile");
    customer.optional("initials");
    if customer.maybe("payTrustScore") && ![0, 10].contains(&customer.whole("payTrustScore", 0..=10)) {
        customer.flaw("payTrustScore", "This value should be 0 or 10.");
    }
    customer.end();
    email
}
