mod accounts;
mod answers;
mod desk;
mod messages;
mod requests;
mod rules;
