mod accounts;
mod desk;
mod looking;
mod notices;
mod opening;
mod rules;
