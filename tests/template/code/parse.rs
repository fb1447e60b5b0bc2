//! One source file: its function bodies and what they call.

use std::collections::BTreeSet;

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, ExprMethodCall, ImplItemFn, ItemFn, ItemImpl, ItemMod, LitStr, Token, Type};

/// A call in a body.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    /// The last name of what it is called on: `store` of `self.store.load()`, `Put` of `Put::builder()`.
    pub(crate) on: String,
    pub(crate) name: String,
    pub(crate) is_path: bool,
}

/// A function's body.
#[derive(Default)]
pub(crate) struct Body {
    pub(crate) calls: BTreeSet<Call>,
    pub(crate) texts: BTreeSet<String>,
}

impl Body {
    pub(crate) fn add(&mut self, other: Self) {
        self.calls.extend(other.calls);
        self.texts.extend(other.texts);
    }
}

/// The functions of a file with the types that they are methods of, without its tests.
pub(crate) fn bodies(source: &str) -> Vec<((String, String), Body)> {
    let mut found = Bodies::default();
    found.visit_file(&syn::parse_file(source).unwrap());
    found.found
}

#[derive(Default)]
struct Bodies {
    owner: String,
    found: Vec<((String, String), Body)>,
}

impl Bodies {
    fn keep(&mut self, owner: String, name: String, block: &Block) {
        let mut calls = Calls(Body::default());
        calls.visit_block(block);
        self.found.push(((owner, name), calls.0));
    }
}

impl<'a> Visit<'a> for Bodies {
    fn visit_item_fn(&mut self, item: &'a ItemFn) {
        self.keep(String::new(), item.sig.ident.to_string(), &item.block);
    }

    fn visit_item_impl(&mut self, item: &'a ItemImpl) {
        if let Type::Path(path) = &*item.self_ty {
            self.owner = path.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'a ImplItemFn) {
        self.keep(self.owner.clone(), item.sig.ident.to_string(), &item.block);
    }

    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }
}

struct Calls(Body);

impl<'a> Visit<'a> for Calls {
    fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
        if let Some(on) = last_name(&call.receiver) {
            self.0.calls.insert(Call { on, name: call.method.to_string(), is_path: false });
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let mut names = path.path.segments.iter().rev().map(|segment| segment.ident.to_string());
            let name = names.next().unwrap_or_default();
            self.0.calls.insert(Call { on: names.next().unwrap_or_default(), name, is_path: true });
        }
        visit::visit_expr_call(self, call);
    }

    /// `vec![…]`, `json!(…)` and the like, where they hold expressions.
    fn visit_macro(&mut self, item: &'a syn::Macro) {
        let parts = item.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated);
        for part in parts.into_iter().flatten() {
            // The parts live only here.
            let mut inner = Calls(Body::default());
            inner.visit_expr(&part);
            self.0.add(inner.0);
        }
    }

    fn visit_lit_str(&mut self, text: &'a LitStr) {
        self.0.texts.insert(text.value());
    }
}

fn last_name(receiver: &Expr) -> Option<String> {
    match receiver {
        Expr::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Expr::Field(field) => match &field.member {
            syn::Member::Named(name) => Some(name.to_string()),
            syn::Member::Unnamed(_) => None,
        },
        Expr::Reference(reference) => last_name(&reference.expr),
        Expr::Paren(inner) => last_name(&inner.expr),
        _ => None,
    }
}
