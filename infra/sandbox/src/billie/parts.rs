//! The parts that bodies share: addresses, companies in both shapes, persons, line items.

use super::rules;
use crate::amount::Amount;
use crate::json::{Json, map};
use crate::reader::Reader;

/// A postal address; only the house number may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    street: String,
    house_number: Option<String>,
    postal_code: String,
    city: String,
    country: String,
}

impl Address {
    /// Reads an address; only the hosted page knows an addition.
    pub(crate) fn read(reader: Reader<'_>, with_addition: bool) -> Self {
        let address = Self {
            street: reader.text("street"),
            house_number: reader.optional("house_number").filter(|number| !number.is_empty()),
            postal_code: reader.text("postal_code"),
            city: reader.text("city"),
            country: reader.text("country"),
        };
        if with_addition {
            reader.optional("addition");
        }
        address.check(&reader, ["country", "postal_code"]);
        reader.end();
        address
    }

    /// German postal codes have five digits, countries are two capitals.
    fn check(&self, reader: &Reader<'_>, [country, postal_code]: [&str; 2]) {
        let code = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if !self.country.is_empty() && !code(&self.country) {
            reader.flaw(country, "This value is not a valid country.");
        }
        let digits = self.postal_code.len() == 5 && self.postal_code.bytes().all(|byte| byte.is_ascii_digit());
        if self.country == "DE" && !self.postal_code.is_empty() && !digits {
            reader.flaw(postal_code, "This value should have exactly 5 characters.");
        }
    }

    pub(crate) fn street(&self) -> &str {
        &self.street
    }

    pub(crate) fn json(&self) -> Json {
        map! {
            "house_number": self.house_number.clone(),
            "street": &self.street,
            "postal_code": &self.postal_code,
            "city": &self.city,
            "country": &self.country,
        }
    }
}

/// The buying company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Company {
    pub(crate) customer: Option<String>,
    pub(crate) name: String,
    pub(crate) industry: Option<String>,
    pub(crate) address: Address,
    pub(crate) billing: Option<Address>,
}

impl Company {
    /// The nested shape of orders.
    pub(crate) fn read(reader: Reader<'_>) -> Self {
        let customer = reader.text("merchant_customer_id");
        let name = reader.text("name");
        let form = reader.text("legal_form");
        let company = Self {
            customer: Some(customer),
            name,
            address: reader.required("company_address").map(|part| Address::read(part, false)).unwrap_or_default(),
            billing: reader.object("billing_address").map(|part| Address::read(part, false)),
            industry: reader.optional("industry_sector"),
        };
        register(&reader, &form);
        reader.end();
        company
    }

    /// The nested shape of a confirmation: name and address only.
    pub(crate) fn read_short(reader: Reader<'_>) -> Self {
        let name = reader.text("name");
        let address = reader.required("company_address").map(|part| Address::read(part, false)).unwrap_or_default();
        reader.end();
        Self { name, address, ..Self::default() }
    }

    /// The flat shape of the widget and of the hosted page, which wants more. Both take a company without a legal form.
    pub(crate) fn read_flat(reader: Reader<'_>, hosted: bool) -> Self {
        let (form, customer) = if hosted {
            (reader.present("legal_form"), Some(reader.text("merchant_customer_id")))
        } else {
            (reader.optional("legal_form").unwrap_or_default(), reader.optional("merchant_customer_id"))
        };
        let address = Address {
            street: reader.text("address_street"),
            house_number: reader.optional("address_house_number").filter(|number| !number.is_empty()),
            postal_code: reader.text("address_postal_code"),
            city: reader.text("address_city"),
            country: reader.text("address_country"),
        };
        address.check(&reader, ["address_country", "address_postal_code"]);
        reader.optional("address_addition");
        let company = Self {
            customer,
            name: reader.text("name"),
            industry: reader.optional("industry_sector"),
            address,
            billing: None,
        };
        register(&reader, &form);
        reader.end();
        company
    }
}

fn register(reader: &Reader<'_>, form: &str) {
    legal_form(reader, form);
    for name in ["tax_number", "registration_court", "subindustry_sector"] {
        reader.optional(name);
    }
    reader.loose("employees_number");
    reader.flag("established_customer");
}

/// A form of the list needs the number that it is registered under, says docs.billie.io/reference/get_legal_forms.
pub(crate) fn legal_form(reader: &Reader<'_>, form: &str) {
    let numbers = [("HR-NR", "registration_number"), ("Ust-ID", "tax_id")];
    let numbers = numbers.map(|(kind, name)| (kind, name, reader.optional(name).unwrap_or_default()));
    let Some((.., needed)) = rules::LEGAL_FORMS.iter().find(|(code, ..)| *code == form) else {
        if !form.is_empty() {
            reader.flaw("legal_form", "The value you selected is not a valid choice.");
        }
        return;
    };
    for (_, name, _) in numbers.iter().filter(|(kind, _, number)| kind == needed && number.trim().is_empty()) {
        reader.flaw(name, "This value should not be blank.");
    }
}

/// Reads the person who orders and returns the e-mail address.
pub(crate) fn person(reader: Reader<'_>) -> String {
    let email = reader.text("email");
    let well_formed = email.split_once('@').is_some_and(|(local, domain)| {
        let dotted = domain.split('.').count() > 1 && domain.split('.').all(|part| !part.is_empty());
        !local.is_empty() && dotted && !domain.contains('@') && !email.contains(char::is_whitespace)
    });
    if !email.is_empty() && !well_formed {
        reader.flaw("email", "This value is not a valid email address.");
    }
    if !matches!(reader.optional("salutation").as_deref(), None | Some("m" | "f")) {
        reader.flaw("salutation", "The value you selected is not a valid choice.");
    }
    for name in ["first_name", "last_name", "phone_number"] {
        reader.optional(name);
    }
    reader.end();
    email
}

/// Reads the items of an order, at least one, and returns their names.
pub(crate) fn line_items(reader: &Reader<'_>) -> Vec<String> {
    let items = reader.list("line_items");
    if items.is_empty() {
        reader.flaw("line_items", "This collection should contain 1 element or more.");
    }
    let mut names = Vec::new();
    for item in items {
        names.push(item.text("external_id"));
        item.text("title");
        item.whole("quantity", 1..=i64::from(i32::MAX));
        item.amount("amount");
        for name in ["description", "category", "brand", "gtin", "mpn"] {
            item.optional(name);
        }
        item.end();
    }
    names
}

/// Reads the items of a shipment or of a credit note, which may be left out, and returns their names.
pub(crate) fn shipped_items(reader: &Reader<'_>) -> Vec<String> {
    let read = |item: Reader<'_>| {
        let name = item.text("external_id");
        item.whole("quantity", 1..=i64::from(i32::MAX));
        item.end();
        name
    };
    reader.list("line_items").into_iter().map(read).collect()
}

/// The field of a shipment or credit note that names what the order, where it has items, does not have. The pages use the
/// same names in all of them.
pub(crate) fn not_ordered(ordered: &[String], named: &[String]) -> Option<String> {
    let place = named.iter().position(|name| !ordered.contains(name)).filter(|_| !ordered.is_empty())?;
    Some(format!("line_items[{place}].external_id"))
}

/// What the buyer agrees to: amount, days, company, items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deal {
    pub(crate) amount: Amount,
    pub(crate) duration: i64,
    pub(crate) company: Company,
    pub(crate) delivery: Option<Address>,
    pub(crate) email: String,
    pub(crate) items: Vec<String>,
}

impl Deal {
    /// Amount, duration and delivery address; the caller reads the company and the items.
    pub(crate) fn read(reader: &Reader<'_>, company: Company, email: String, with_addition: bool) -> Self {
        Self {
            amount: reader.positive("amount"),
            duration: reader.whole("duration", 1..=120),
            delivery: reader.object("delivery_address").map(|part| Address::read(part, with_addition)),
            company,
            email,
            items: Vec::new(),
        }
    }
}
