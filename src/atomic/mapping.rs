//! Which columns of attached tables mean what.

use serde_json::Value;

use crate::error::LedgerError;

/// The column names of a ledger.
#[derive(Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Of the accounts table: its key, the money, and whose it is.
    pub account_id: String,
    pub balance: String,
    pub owner: String,
    pub currency: Option<String>,
    /// Of the transfers table.
    pub transfer_from: String,
    pub transfer_to: String,
    pub transfer_amount: String,
    pub transfer_id: Option<String>,
    pub idempotency_key: Option<String>,
}

impl Mapping {
    /// Reads the argument `mapping`: an object of column names. An unknown key is an error, so that
    /// a typo never reads as a default.
    pub fn parse(document: &Value) -> Result<Self, LedgerError> {
        let Value::Object(entries) = document else {
            return Err(LedgerError::MappingShape("mapping must be a JSON object".to_owned()));
        };
        let mut mapping = Self {
            account_id: "id".to_owned(),
            balance: "balance".to_owned(),
            owner: "owner_id".to_owned(),
            currency: None,
            transfer_from: "from_id".to_owned(),
            transfer_to: "to_id".to_owned(),
            transfer_amount: "amount".to_owned(),
            transfer_id: None,
            idempotency_key: None,
        };
        for (key, value) in entries {
            let Some(column) = value.as_str().filter(|column| !column.is_empty()) else {
                return Err(LedgerError::MappingShape(format!(
                    "mapping key \"{key}\" must name a column"
                )));
            };
            let column = column.to_owned();
            match key.as_str() {
                "account_id" => mapping.account_id = column,
                "balance" => mapping.balance = column,
                "owner" => mapping.owner = column,
                "transfer_from" => mapping.transfer_from = column,
                "transfer_to" => mapping.transfer_to = column,
                "transfer_amount" => mapping.transfer_amount = column,
                "transfer_id" => mapping.transfer_id = Some(column),
                "idempotency_key" => mapping.idempotency_key = Some(column),
                "currency" => mapping.currency = Some(column),
                _ => {
                    return Err(LedgerError::MappingShape(format!(
                        "mapping key \"{key}\" is not known"
                    )));
                }
            }
        }
        mapping.refuse_repeats()?;
        Ok(mapping)
    }

    fn refuse_repeats(&self) -> Result<(), LedgerError> {
        let accounts = [&self.account_id, &self.balance, &self.owner];
        let transfers = [&self.transfer_from, &self.transfer_to, &self.transfer_amount];
        let optional = [self.transfer_id.as_ref(), self.idempotency_key.as_ref()];
        refuse_repeats(accounts.into_iter().chain(self.currency.as_ref()))?;
        refuse_repeats(transfers.into_iter().chain(optional.into_iter().flatten()))
    }
}

fn refuse_repeats<'a>(columns: impl Iterator<Item = &'a String>) -> Result<(), LedgerError> {
    let mut seen = Vec::new();
    for column in columns {
        if seen.contains(&column) {
            return Err(LedgerError::MappingShape(format!(
                "mapping gives column \"{column}\" two meanings"
            )));
        }
        seen.push(column);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Mapping;
    use serde_json::json;

    #[test]
    fn an_empty_mapping_is_the_default_names() {
        let mapping = Mapping::parse(&json!({})).unwrap();
        assert_eq!(mapping.account_id, "id");
        assert_eq!(mapping.owner, "owner_id");
        assert_eq!(mapping.transfer_amount, "amount");
        assert_eq!(mapping.transfer_id, None);
    }

    #[test]
    fn keys_replace_names_one_by_one() {
        let mapping = Mapping::parse(&json!({"balance": "Money", "transfer_id": "id"})).unwrap();
        assert_eq!(mapping.balance, "Money");
        assert_eq!(mapping.transfer_id.as_deref(), Some("id"));
        assert_eq!(mapping.account_id, "id");
    }

    #[test]
    fn what_is_no_mapping_is_refused() {
        for document in [
            json!([]),
            json!("balance"),
            json!(null),
            json!({"balanse": "b"}),
            json!({"balance": 1}),
            json!({"balance": null}),
            json!({"balance": ""}),
            json!({"currency": "id"}),
            json!({"balance": "id"}),
            json!({"transfer_from": "a", "transfer_to": "a"}),
            json!({"transfer_id": "amount"}),
        ] {
            assert!(Mapping::parse(&document).is_err(), "{document}");
        }
    }
}
