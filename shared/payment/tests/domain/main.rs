//! The promises of the payment domain, tested from outside.

#[cfg(test)]
mod amend;
#[cfg(test)]
mod attempts;
#[cfg(test)]
mod books;
#[cfg(test)]
mod doubt;
#[cfg(test)]
mod events;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod inferred;
#[cfg(test)]
mod instructions;
#[cfg(test)]
mod late;
#[cfg(test)]
mod looks;
#[cfg(test)]
mod news;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod owed;
#[cfg(test)]
mod receivable;
#[cfg(test)]
mod releases;
#[cfg(test)]
mod reservations;
#[cfg(test)]
mod reversals;
#[cfg(test)]
mod schedule;
#[cfg(test)]
mod sequences;
#[cfg(test)]
mod storage;
#[cfg(test)]
mod table;
#[cfg(test)]
mod unnamed;
#[cfg(test)]
mod waiting;
