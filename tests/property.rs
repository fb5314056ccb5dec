//! Random sequences of all operations, against a model in memory: the same answers, the same codes,
//! the same balances, and a ledger that verifies at the end.
//!
//! Needs a server: psql's own environment variables name it and a database with the extension, and
//! ROWGUARD_PROPERTY_SEED replays a run. Run by pgrx-config/test, which has one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends by panicking, and says where"
)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Accounts of the model: 0 has no floor, the last is opened in another currency.
const ACCOUNTS: usize = 7;
const STEPS: usize = 10_000;

/// Money in hundredths.
type Money = i64;

#[derive(Clone, Copy, PartialEq)]
enum Status {
    Open,
    Frozen,
    Closed,
}

#[derive(Clone)]
struct Account {
    currency: usize,
    balance: Money,
    held: Money,
    floor: Option<Money>,
    ceiling: Option<Money>,
    status: Status,
}

#[derive(Clone)]
struct Hold {
    id: String,
    from: usize,
    to: usize,
    amount: Money,
    /// Not yet captured, voided, or written down as expired.
    open: bool,
    expiry: Expiry,
}

/// When a hold's time is over. Those that are over are in the order in which they are swept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Expiry {
    /// Since a time in the past that it was moved to.
    Moved(usize),
    /// Since it was made, nearly.
    AtOnce(usize),
    /// In an hour, which this test does not last.
    Later,
    Never,
}

impl Expiry {
    fn is_over(self) -> bool {
        matches!(self, Self::Moved(_) | Self::AtOnce(_))
    }

    /// As an argument.
    fn sql(self) -> &'static str {
        match self {
            Self::AtOnce(_) => "'1 microsecond'",
            Self::Later => "'1 hour'",
            _ => "NULL",
        }
    }
}

#[derive(Clone)]
struct Transfer {
    id: String,
    from: usize,
    to: usize,
    amount: Money,
    reversed: bool,
}

/// What was asked with a key, and what it answered.
#[derive(Clone)]
struct Keyed {
    request: String,
    id: String,
    amount: Money,
}

/// Other work that was begun, and what came of it. The order is that in which it was begun.
#[derive(Clone)]
struct Work {
    request: usize,
    response: Option<usize>,
    begun: usize,
}

#[derive(Clone, Default)]
struct Model {
    accounts: Vec<Account>,
    holds: Vec<Hold>,
    transfers: Vec<Transfer>,
    keys: HashMap<(usize, String), Keyed>,
    work: HashMap<(Caller, usize), Work>,
}

/// The rules, told a second time: in the order of the README.
impl Model {
    fn account(&self, id: usize) -> Option<&Account> {
        self.accounts.get(id)
    }

    fn may_debit(&self, caller: Caller, from: usize) -> Result<(), &'static str> {
        match caller {
            Caller::Operator if self.account(from).is_none() => Err("ACCOUNT_NOT_FOUND"),
            Caller::Operator => Ok(()),
            Caller::Owner(owner) if owner == from && self.account(from).is_some() => Ok(()),
            _ => Err("NOT_AUTHORIZED"),
        }
    }

    fn parties(
        &self,
        from: usize,
        to: usize,
        amount: Money,
        holding: bool,
        released: Money,
    ) -> Result<(), &'static str> {
        let payee = self.account(to).ok_or("ACCOUNT_NOT_FOUND")?;
        let payer = &self.accounts[from];
        if payer.status != Status::Open || payee.status == Status::Closed {
            return Err("ACCOUNT_CLOSED");
        }
        if payer.currency != payee.currency {
            return Err("CURRENCY_MISMATCH");
        }
        if !holding && payee.ceiling.is_some_and(|ceiling| payee.balance + amount > ceiling) {
            return Err("LIMIT_EXCEEDED");
        }
        let left = payer.balance - payer.held + released - amount;
        if payer.floor.is_some_and(|floor| left < floor) {
            return Err("INSUFFICIENT_FUNDS");
        }
        Ok(())
    }

    /// `thousandths` is what is asked for; `None` is NaN.
    fn amount(&self, thousandths: Option<i64>) -> Result<i64, &'static str> {
        match thousandths {
            Some(amount) if amount > 0 => Ok(amount),
            _ => Err("INVALID_AMOUNT"),
        }
    }

    fn fit(&self, from: usize, thousandths: i64) -> Result<Money, &'static str> {
        // JPY has no decimals, USD has two.
        let unit = if self.accounts[from].currency == 1 { 1000 } else { 10 };
        if thousandths % unit == 0 { Ok(thousandths / 10) } else { Err("INVALID_AMOUNT") }
    }

    /// Writes down that holds of the payer are over; answers which.
    fn lapse(&mut self, payer: usize) -> Vec<usize> {
        let over: Vec<usize> = (0..self.holds.len())
            .filter(|number| {
                let hold = &self.holds[*number];
                hold.from == payer && hold.open && hold.expiry.is_over()
            })
            .collect();
        over.iter().for_each(|number| self.set_open(*number, false));
        over
    }

    fn set_open(&mut self, number: usize, open: bool) {
        let hold = &mut self.holds[number];
        hold.open = open;
        let held = &mut self.accounts[hold.from].held;
        *held += if open { hold.amount } else { -hold.amount };
    }

    /// Checks after holds of the payer have lapsed, as they stay where the refusal is `kept` as an
    /// answer; where it is raised, everything is undone.
    fn parties_after_lapse(
        &mut self,
        from: usize,
        to: usize,
        amount: Money,
        holding: bool,
        kept: bool,
    ) -> Result<(), &'static str> {
        let lapsed = self.lapse(from);
        let outcome = self.parties(from, to, amount, holding, 0);
        if outcome.is_err() && !kept {
            lapsed.into_iter().for_each(|number| self.set_open(number, true));
        }
        outcome
    }

    /// What is promised by holds that are not over.
    fn promised(&self, payer: usize) -> Money {
        let counts = |hold: &&Hold| hold.from == payer && hold.open && !hold.expiry.is_over();
        self.holds.iter().filter(counts).map(|hold| hold.amount).sum()
    }

    fn pay(&mut self, from: usize, to: usize, amount: Money) {
        self.accounts[from].balance -= amount;
        self.accounts[to].balance += amount;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Caller {
    Operator,
    Owner(usize),
    Nobody,
}

/// What a payment comes to: replayed, with the id and number of then; or to be done.
enum Due {
    Replay(Keyed),
    Fresh(Money),
}

impl Model {
    #[allow(clippy::too_many_arguments, reason = "they are those of the operation")]
    fn due(
        &mut self,
        caller: Caller,
        from: usize,
        to: usize,
        thousandths: Option<i64>,
        key: Option<&str>,
        operation: &str,
        kept: bool,
    ) -> Result<Due, &'static str> {
        let amount = self.amount(thousandths)?;
        if from == to {
            return Err("SAME_ACCOUNT");
        }
        self.may_debit(caller, from)?;
        let amount = self.fit(from, amount)?;
        if let Some(known) = key.and_then(|key| self.keys.get(&(from, key.to_owned()))) {
            if known.request != request(operation, to, amount) {
                return Err("IDEMPOTENCY_MISMATCH");
            }
            return Ok(Due::Replay(known.clone()));
        }
        self.parties_after_lapse(from, to, amount, operation.starts_with("hold"), kept)?;
        Ok(Due::Fresh(amount))
    }
}

fn request(operation: &str, to: usize, amount: Money) -> String {
    format!("{operation} {to} {amount}")
}

/// xorshift64*: a run is its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize) % end
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// In thousandths; mostly an amount of two decimals.
    fn amount(&mut self) -> Option<i64> {
        match self.below(20) {
            0 => None,
            1 => Some(-(self.below(1000) as i64)),
            2 => Some(self.below(50_000) as i64 + 1),
            3..=8 => Some((self.below(40) as i64 + 1) * 1000),
            _ => Some((self.below(4000) as i64 + 1) * 10),
        }
    }

    fn account(&mut self) -> usize {
        // One more than there are.
        if self.chance(4) { ACCOUNTS } else { self.below(ACCOUNTS) }
    }

    fn key(&mut self) -> Option<String> {
        self.chance(25).then(|| format!("key {}", self.below(12)))
    }
}

/// psql, asked one statement after the other.
struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Client {
    fn start() -> Self {
        let mut child = Command::new("psql")
            .args(["-X", "-q", "-A", "-t", "-v", "VERBOSITY=sqlstate"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("psql runs");
        let input = child.stdin.take().expect("psql reads");
        let output = BufReader::new(child.stdout.take().expect("psql writes"));
        Self { child, input, output }
    }

    /// The rows of a statement, or its SQLSTATE.
    fn ask(&mut self, sql: &str) -> Result<Vec<String>, String> {
        writeln!(self.input, "{sql};\n\\echo end :SQLSTATE").expect("psql reads");
        self.input.flush().expect("psql reads");
        let mut rows = Vec::new();
        loop {
            let mut line = String::new();
            assert!(
                self.output.read_line(&mut line).expect("psql writes") > 0,
                "psql ended: {sql}"
            );
            let line = line.trim_end().to_owned();
            match line.strip_prefix("end ") {
                Some("00000") => return Ok(rows),
                Some(state) => return Err(state.to_owned()),
                None => rows.push(line),
            }
        }
    }

    fn one(&mut self, sql: &str) -> String {
        match self.ask(sql) {
            Ok(rows) if rows.len() == 1 => rows[0].clone(),
            other => panic!("{sql}: {other:?}"),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn id(account: usize) -> String {
    format!("'00000000-0000-4000-8000-{account:012}'")
}

fn thousandths(amount: Option<i64>) -> String {
    amount.map_or("'NaN'".to_owned(), |amount| {
        let sign = if amount < 0 { "-" } else { "" };
        format!("{sign}{}.{:03}", amount.abs() / 1000, amount.abs() % 1000)
    })
}

fn money(amount: Money) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", amount.abs() / 100, amount.abs() % 100)
}

fn text(key: Option<&str>) -> String {
    key.map_or("NULL".to_owned(), |key| format!("'{key}'"))
}

/// The state that a code is raised with.
fn state(code: &str) -> &'static str {
    match code {
        "INVALID_AMOUNT" => "22023",
        "SAME_ACCOUNT" => "22R01",
        "NOT_AUTHORIZED" => "42501",
        "ACCOUNT_NOT_FOUND" => "P0002",
        "IDEMPOTENCY_MISMATCH" => "22R02",
        "CURRENCY_MISMATCH" => "22R03",
        "HOLD_NOT_FOUND" => "22R04",
        "TRANSFER_NOT_FOUND" => "22R05",
        "INSUFFICIENT_FUNDS" => "23R01",
        "LIMIT_EXCEEDED" => "23R02",
        "ACCOUNT_CLOSED" => "55R01",
        "HOLD_NOT_OPEN" => "55R02",
        "ALREADY_REVERSED" => "55R03",
        "ACCOUNT_NOT_EMPTY" => "55R04",
        "KEY_NOT_BEGUN" => "22R06",
        "KEY_FINISHED" => "55R05",
        other => panic!("no state for {other}"),
    }
}

struct Run {
    client: Client,
    model: Model,
    random: Random,
    caller: Caller,
    /// Counts what has an order.
    clock: usize,
    /// How often each code was met: a code that never is was not tested.
    met: HashMap<&'static str, usize>,
}

impl Run {
    fn call(&mut self) {
        self.caller = match self.random.below(10) {
            0..=5 => Caller::Operator,
            6..=8 => Caller::Owner(self.random.below(ACCOUNTS)),
            _ => Caller::Nobody,
        };
        let role = if self.caller == Caller::Operator { "property_bank" } else { "property_user" };
        let claims = match self.caller {
            Caller::Owner(owner) => format!("{{\"sub\": {}}}", id(owner).replace('\'', "\"")),
            _ => String::new(),
        };
        self.client.ask(&format!("SET ROLE {role}; SET request.jwt.claims = '{claims}'")).unwrap();
    }

    fn count(&mut self, outcome: Result<(), &'static str>) {
        *self.met.entry(outcome.err().unwrap_or("done")).or_default() += 1;
    }

    /// The first column of what the server answers, which has to be what the model expects.
    fn expect(&mut self, sql: &str, expected: Result<(), &'static str>) -> Option<String> {
        self.count(expected);
        match (self.client.ask(sql), expected) {
            (Ok(rows), Ok(())) => Some(rows.first().cloned().unwrap_or_default()),
            (Err(found), Err(code)) if found == state(code) => None,
            (found, _) => panic!("{sql} as {:?}: {found:?}, expected {expected:?}", self.caller),
        }
    }

    fn scale(&self, account: usize, amount: Money) -> String {
        if self.model.accounts[account].currency == 1 {
            (amount / 100).to_string()
        } else {
            money(amount)
        }
    }

    fn transfer(&mut self) {
        let (from, to) = (self.random.account(), self.random.account());
        let (amount, key) = (self.random.amount(), self.random.key());
        let returned = self.random.chance(50);
        let key_text = key.as_deref();
        let due = self.model.due(self.caller, from, to, amount, key_text, "transfer", returned);
        let call = format!(
            "atomic.transfer_funds({}, {}, {}, {}",
            id(from),
            id(to),
            thousandths(amount),
            text(key.as_deref())
        );
        let sql = if returned {
            format!(
                "SELECT concat_ws(' ', a ->> 'transfer_id', a ->> 'new_balance', a ->> 'replayed', \
                 a #>> '{{error,code}}') FROM (SELECT {call}, on_error => 'return')) AS x (a)"
            )
        } else {
            format!(
                "SELECT concat_ws(' ', a ->> 'transfer_id', a ->> 'new_balance', a ->> 'replayed') \
                 FROM (SELECT {call})) AS x (a)"
            )
        };
        match due {
            Err(code) if returned => {
                self.count(Err(code));
                assert_eq!(self.client.one(&sql), code, "{sql} as {:?}", self.caller);
            }
            Err(code) => assert!(self.expect(&sql, Err(code)).is_none()),
            Ok(Due::Replay(known)) => {
                let answer = self.expect(&sql, Ok(())).unwrap();
                let balance = self.scale(from, known.amount);
                assert_eq!(answer, format!("{} {balance} true", known.id), "{sql}");
            }
            Ok(Due::Fresh(amount)) => {
                let answer = self.expect(&sql, Ok(())).unwrap();
                self.model.pay(from, to, amount);
                let transfer = answer.split(' ').next().unwrap().to_owned();
                let balance = self.model.accounts[from].balance;
                assert_eq!(
                    answer,
                    format!("{transfer} {} false", self.scale(from, balance)),
                    "{sql}"
                );
                self.paid(transfer, from, to, amount, key, balance);
            }
        }
    }

    fn paid(
        &mut self,
        id: String,
        from: usize,
        to: usize,
        amount: Money,
        key: Option<String>,
        balance: Money,
    ) {
        if let Some(key) = key {
            let request = request("transfer", to, amount);
            self.model.keys.insert((from, key), Keyed { request, id: id.clone(), amount: balance });
        }
        self.model.transfers.push(Transfer { id, from, to, amount, reversed: false });
    }

    fn batch(&mut self) {
        let legs: Vec<_> = (0..self.random.below(12))
            .map(|_| {
                let (from, to) = (self.random.account(), self.random.account());
                (from, to, self.random.amount(), self.random.key())
            })
            .collect();
        let each = self.random.chance(70);
        let list = |values: Vec<String>, of: &str| format!("ARRAY[{}]::{of}[]", values.join(", "));
        let sql = format!(
            "SELECT concat_ws(' ', ord, transfer_id, code, from_balance) FROM \
             atomic.transfer_batch({}, {}, {}, {}, '{}')",
            list(legs.iter().map(|leg| id(leg.0)).collect(), "uuid"),
            list(legs.iter().map(|leg| id(leg.1)).collect(), "uuid"),
            list(legs.iter().map(|leg| thousandths(leg.2)).collect(), "numeric"),
            list(legs.iter().map(|leg| text(leg.3.as_deref())).collect(), "text"),
            if each { "each" } else { "all" }
        );
        let before = self.model.clone();
        // The accounts that are locked: those of legs that make sense, and that the caller may debit.
        let locked: Vec<usize> = legs
            .iter()
            .filter(|(from, to, amount, _)| from != to && self.model.amount(*amount).is_ok())
            .filter(|(from, ..)| match self.caller {
                Caller::Operator => true,
                Caller::Owner(owner) => owner == *from,
                Caller::Nobody => false,
            })
            .flat_map(|(from, to, ..)| [*from, *to])
            .collect();
        for (from, ..) in &legs {
            if locked.contains(from) {
                self.model.lapse(*from);
            }
        }
        // What each leg comes to, in turn; ids are not known yet.
        let mut expected = Vec::new();
        for (number, (from, to, amount, key)) in legs.iter().enumerate() {
            let key_text = key.as_deref();
            match self.model.due(self.caller, *from, *to, *amount, key_text, "transfer", true) {
                Err(code) => {
                    expected.push(Err(code));
                    if !each {
                        break;
                    }
                }
                Ok(Due::Replay(known)) => {
                    let balance = self.scale(*from, known.amount);
                    expected.push(Ok((known.id, balance)));
                }
                Ok(Due::Fresh(amount)) => {
                    self.model.pay(*from, *to, amount);
                    let balance = self.model.accounts[*from].balance;
                    let place = format!("leg {number}");
                    self.paid(place.clone(), *from, *to, amount, key.clone(), balance);
                    expected.push(Ok((place, self.scale(*from, balance))));
                }
            }
        }
        if let Some(Err(code)) = expected.iter().find(|leg| leg.is_err())
            && !each
        {
            self.model = before;
            self.expect(&sql, Err(code));
            return;
        }
        let rows = self.client.ask(&sql).unwrap_or_else(|state| panic!("{sql}: {state}"));
        assert_eq!(rows.len(), legs.len(), "{sql}");
        let mut ids = HashMap::new();
        for (number, (row, leg)) in rows.iter().zip(&expected).enumerate() {
            self.count(leg.as_ref().map(|_| ()).map_err(|code| *code));
            match leg {
                Err(code) => assert_eq!(*row, format!("{} {code}", number + 1), "{sql}"),
                Ok((place, balance)) => {
                    let found = row.split(' ').nth(1).unwrap().to_owned();
                    let known = if place.starts_with("leg ") {
                        ids.entry(place.clone()).or_insert(found).clone()
                    } else {
                        place.clone()
                    };
                    assert_eq!(*row, format!("{} {known} {balance}", number + 1), "{sql}");
                }
            }
        }
        for transfer in &mut self.model.transfers {
            if let Some(id) = ids.get(&transfer.id) {
                transfer.id.clone_from(id);
            }
        }
        for known in self.model.keys.values_mut() {
            if let Some(id) = ids.get(&known.id) {
                known.id.clone_from(id);
            }
        }
    }

    fn hold(&mut self) {
        let (from, to) = (self.random.account(), self.random.account());
        let (amount, key) = (self.random.amount(), self.random.key());
        self.clock += 1;
        let expiry = match self.random.below(4) {
            0 => Expiry::AtOnce(self.clock),
            1 => Expiry::Later,
            _ => Expiry::Never,
        };
        let operation = format!("hold {}", expiry.sql());
        let due = self.model.due(self.caller, from, to, amount, key.as_deref(), &operation, false);
        let sql = format!(
            "SELECT concat_ws(' ', a ->> 'hold_id', a ->> 'available_balance', a ->> 'replayed') \
             FROM (SELECT atomic.hold_funds({}, {}, {}, {}, {})) AS x (a)",
            id(from),
            id(to),
            thousandths(amount),
            expiry.sql(),
            text(key.as_deref())
        );
        match due {
            Err(code) => assert!(self.expect(&sql, Err(code)).is_none()),
            Ok(Due::Replay(known)) => {
                let answer = self.expect(&sql, Ok(())).unwrap();
                let available = self.scale(from, known.amount);
                assert_eq!(answer, format!("{} {available} true", known.id), "{sql}");
            }
            Ok(Due::Fresh(amount)) => {
                let answer = self.expect(&sql, Ok(())).unwrap();
                self.model.accounts[from].held += amount;
                let available = self.model.accounts[from].balance - self.model.accounts[from].held;
                let hold = answer.split(' ').next().unwrap().to_owned();
                assert_eq!(
                    answer,
                    format!("{hold} {} false", self.scale(from, available)),
                    "{sql}"
                );
                if let Some(key) = key {
                    let request = request(&operation, to, amount);
                    let known = Keyed { request, id: hold.clone(), amount: available };
                    self.model.keys.insert((from, key), known);
                }
                self.model.holds.push(Hold { id: hold, from, to, amount, open: true, expiry });
            }
        }
    }

    /// The hold of this number, as far as the caller may decide about it: the payer only where
    /// `payer_too`, when its time is over.
    fn decidable(&self, hold: Option<&Hold>, payer_too: bool) -> Result<(), &'static str> {
        match (self.caller, hold) {
            (Caller::Operator, None) => Err("HOLD_NOT_FOUND"),
            (Caller::Operator, Some(_)) => Ok(()),
            (Caller::Owner(owner), Some(hold)) if hold.to == owner => Ok(()),
            (Caller::Owner(owner), Some(hold))
                if payer_too && hold.expiry.is_over() && hold.from == owner =>
            {
                Ok(())
            }
            _ => Err("NOT_AUTHORIZED"),
        }
    }

    fn some_hold(&mut self) -> (Option<usize>, Option<Hold>, String) {
        let number = self.random.below(self.model.holds.len() + 1);
        // The latest ones are likelier to be open.
        let number = number.max(self.random.below(self.model.holds.len() + 1));
        let hold = self.model.holds.get(number).cloned();
        let sql = hold.as_ref().map_or_else(|| id(999), |hold| format!("'{}'", hold.id));
        (hold.as_ref().map(|_| number), hold, sql)
    }

    fn capture(&mut self) {
        let (number, hold, place) = self.some_hold();
        let asked = self.random.chance(60).then(|| self.random.amount());
        let expected = (|| {
            let asked = asked.map(|asked| self.model.amount(asked)).transpose()?;
            self.decidable(hold.as_ref(), false)?;
            let hold = hold.as_ref().unwrap();
            if !hold.open || hold.expiry.is_over() {
                return Err("HOLD_NOT_OPEN");
            }
            let amount = match asked {
                Some(asked) if asked > hold.amount * 10 => return Err("INVALID_AMOUNT"),
                Some(asked) => self.model.fit(hold.from, asked)?,
                None => hold.amount,
            };
            self.model.parties(hold.from, hold.to, amount, false, hold.amount)?;
            Ok(amount)
        })();
        let sql = format!(
            "SELECT concat_ws(' ', a ->> 'transfer_id', a ->> 'captured_amount', a ->> 'released_amount') \
             FROM (SELECT atomic.capture_hold({place}, {})) AS x (a)",
            asked.map_or("NULL".to_owned(), thousandths)
        );
        let answer = self.expect(&sql, expected.map(|_| ()));
        if let (Ok(amount), Some(number), Some(hold)) = (expected, number, hold) {
            let answer = answer.unwrap();
            let transfer = answer.split(' ').next().unwrap().to_owned();
            let (captured, released) =
                (self.scale(hold.from, amount), self.scale(hold.from, hold.amount - amount));
            assert_eq!(answer, format!("{transfer} {captured} {released}"), "{sql}");
            self.model.accounts[hold.from].held -= hold.amount;
            self.model.pay(hold.from, hold.to, amount);
            self.model.holds[number].open = false;
            self.paid(transfer, hold.from, hold.to, amount, None, 0);
        }
    }

    fn void(&mut self) {
        let (number, hold, place) = self.some_hold();
        let expected = self.decidable(hold.as_ref(), true).and_then(|()| {
            if hold.as_ref().is_some_and(|hold| hold.open) { Ok(()) } else { Err("HOLD_NOT_OPEN") }
        });
        let sql = format!(
            "SELECT concat_ws(' ', a ->> 'status', a ->> 'released_amount') \
             FROM (SELECT atomic.void_hold({place})) AS x (a)"
        );
        let answer = self.expect(&sql, expected);
        if let (Ok(()), Some(number), Some(hold)) = (expected, number, hold) {
            let status = if hold.expiry.is_over() { "expired" } else { "voided" };
            let released = self.scale(hold.from, hold.amount);
            assert_eq!(answer.unwrap(), format!("{status} {released}"), "{sql}");
            self.model.set_open(number, false);
        }
    }

    /// Time passes for one hold: a superuser moves its end back, past the guard.
    fn pass(&mut self) {
        let later: Vec<usize> = (0..self.model.holds.len())
            .filter(|number| self.model.holds[*number].expiry == Expiry::Later)
            .collect();
        if later.is_empty() {
            return;
        }
        self.clock += 1;
        let hold = &mut self.model.holds[later[self.random.below(later.len())]];
        hold.expiry = Expiry::Moved(self.clock);
        let sql = format!(
            "RESET ROLE; SET session_replication_role = replica; \
             UPDATE property.holds SET expires_at = to_timestamp({}) WHERE id = '{}'; \
             RESET session_replication_role",
            self.clock, hold.id
        );
        self.client.ask(&sql).unwrap_or_else(|state| panic!("{sql}: {state}"));
    }

    fn expire(&mut self) {
        let at_most = self.random.below(4);
        let mut over: Vec<usize> = (0..self.model.holds.len())
            .filter(|number| {
                let hold = &self.model.holds[*number];
                hold.open && hold.expiry.is_over()
            })
            .collect();
        over.sort_by_key(|number| self.model.holds[*number].expiry);
        over.truncate(at_most);
        let expected = if self.caller == Caller::Operator { Ok(()) } else { Err("NOT_AUTHORIZED") };
        let sql = format!("SELECT atomic.expire_holds({at_most})");
        if let Some(answer) = self.expect(&sql, expected) {
            assert_eq!(answer, over.len().to_string(), "{sql}");
            over.into_iter().for_each(|number| self.model.set_open(number, false));
        }
    }

    /// Begins other work.
    fn begin(&mut self) {
        let (key, request) = (self.random.below(4), self.random.below(2));
        let (take_over, due) = match self.random.below(3) {
            0 => ("'1 microsecond'", true),
            1 => ("'1 hour'", false),
            _ => ("NULL", false),
        };
        self.clock += 1;
        let place = (self.caller, key);
        let begun = Work { request, response: None, begun: self.clock };
        let expected = match self.model.work.get(&place) {
            None => Ok("started".to_owned()),
            Some(work) if work.request != request => Err("IDEMPOTENCY_MISMATCH"),
            Some(Work { response: Some(response), .. }) => Ok(format!("replay {response}")),
            Some(_) if due => Ok("taken_over".to_owned()),
            Some(_) => Ok("in_progress".to_owned()),
        };
        let sql = format!(
            "SELECT concat_ws(' ', state, response) \
             FROM atomic.idempotent_begin('work', 'key {key}', '{request}', {take_over})"
        );
        let answer = self.expect(&sql, expected.as_ref().map(|_| ()).map_err(|code| *code));
        if let Ok(expected) = expected {
            assert_eq!(answer.as_ref(), Some(&expected), "{sql} as {:?}", self.caller);
            if expected == "started" || expected == "taken_over" {
                self.model.work.insert(place, begun);
            }
        }
    }

    fn finish(&mut self) {
        let (key, response) = (self.random.below(4), self.random.below(2));
        let work = self.model.work.get_mut(&(self.caller, key));
        let expected = match work.map(|work| *work.response.get_or_insert(response)) {
            None => Err("KEY_NOT_BEGUN"),
            Some(first) if first == response => Ok(()),
            Some(_) => Err("KEY_FINISHED"),
        };
        let sql = format!("SELECT atomic.idempotent_finish('work', 'key {key}', '{response}')");
        self.expect(&sql, expected);
    }

    fn sweep(&mut self) {
        let (at_most, unfinished) = (self.random.below(6), self.random.chance(50));
        let old = self.random.chance(80);
        let mut swept: Vec<_> = self
            .model
            .work
            .iter()
            .filter(|(_, work)| old && (unfinished || work.response.is_some()))
            .map(|(place, work)| (work.begun, *place))
            .collect();
        swept.sort_unstable_by_key(|(begun, _)| *begun);
        swept.truncate(at_most);
        let expected = if self.caller == Caller::Operator { Ok(()) } else { Err("NOT_AUTHORIZED") };
        let sql = format!(
            "SELECT atomic.idempotent_sweep({}, {at_most}, {unfinished})",
            if old { "'1 microsecond'" } else { "'1 hour'" }
        );
        if let Some(answer) = self.expect(&sql, expected) {
            assert_eq!(answer, swept.len().to_string(), "{sql}");
            for (_, place) in swept {
                self.model.work.remove(&place);
            }
        }
    }

    fn reverse(&mut self) {
        let number = self.random.below(self.model.transfers.len() + 1);
        let transfer = self.model.transfers.get(number).cloned();
        let place = transfer.as_ref().map_or_else(|| id(999), |one| format!("'{}'", one.id));
        let expected = match &transfer {
            _ if self.caller != Caller::Operator => Err("NOT_AUTHORIZED"),
            None => Err("TRANSFER_NOT_FOUND"),
            Some(one) if one.reversed => Err("ALREADY_REVERSED"),
            Some(one) => self.model.parties_after_lapse(one.to, one.from, one.amount, false, false),
        };
        let sql = format!(
            "SELECT concat_ws(' ', a ->> 'transfer_id', a ->> 'new_balance') \
             FROM (SELECT atomic.reverse_transfer({place})) AS x (a)"
        );
        let answer = self.expect(&sql, expected);
        if let (Ok(()), Some(one)) = (expected, transfer) {
            let answer = answer.unwrap();
            self.model.pay(one.to, one.from, one.amount);
            self.model.transfers[number].reversed = true;
            let reversal = answer.split(' ').next().unwrap().to_owned();
            let balance = self.scale(one.to, self.model.accounts[one.to].balance);
            assert_eq!(answer, format!("{reversal} {balance}"), "{sql}");
            self.paid(reversal, one.to, one.from, one.amount, None, 0);
        }
    }

    fn set_account(&mut self) {
        let account = self.random.account();
        let status = match self.random.below(6) {
            0 => Some(("frozen", Status::Frozen)),
            1 => Some(("closed", Status::Closed)),
            2 | 3 => Some(("open", Status::Open)),
            _ => None,
        };
        let limit = |random: &mut Random| {
            random.chance(30).then(|| (random.below(120) as Money - 20) * 100)
        };
        let (floor, ceiling) = (limit(&mut self.random), limit(&mut self.random));
        let free = self.random.chance(40);
        let expected = (|| {
            if self.caller != Caller::Operator {
                return Err("NOT_AUTHORIZED");
            }
            let one = self.model.account(account).ok_or("ACCOUNT_NOT_FOUND")?;
            let one = Account { held: self.model.promised(account), ..one.clone() };
            let mut changed = one.clone();
            changed.status = status.map_or(changed.status, |(_, status)| status);
            changed.floor = if free { None } else { floor.or(changed.floor) };
            changed.ceiling = if free { None } else { ceiling.or(changed.ceiling) };
            if changed.status == Status::Closed && (one.balance != 0 || one.held != 0) {
                return Err("ACCOUNT_NOT_EMPTY");
            }
            if changed.floor.is_some_and(|floor| one.balance - one.held < floor)
                || changed.ceiling.is_some_and(|ceiling| one.balance > ceiling)
            {
                return Err("LIMIT_EXCEEDED");
            }
            Ok(changed)
        })();
        let number = |value: Option<Money>, none: &str| match value {
            _ if free => none.to_owned(),
            Some(value) => money(value),
            None => "NULL".to_owned(),
        };
        let sql = format!(
            "SELECT atomic.set_account({}, {}, {}, {})",
            id(account),
            text(status.map(|(name, _)| name)),
            number(floor, "'-Infinity'"),
            number(ceiling, "'Infinity'")
        );
        self.expect(&sql, expected.as_ref().map(|_| ()).map_err(|code| *code));
        if let Ok(changed) = expected {
            self.model.lapse(account);
            self.model.accounts[account] = changed;
        }
    }

    fn balance(&mut self) {
        let account = self.random.account();
        let one = self.model.account(account).cloned();
        let expected = match (self.caller, &one) {
            (Caller::Operator, None) => Err("ACCOUNT_NOT_FOUND"),
            (Caller::Operator, Some(_)) => Ok(()),
            (Caller::Owner(owner), Some(_)) if owner == account => Ok(()),
            _ => Err("NOT_AUTHORIZED"),
        };
        let sql = format!(
            "SELECT concat_ws(' ', atomic.balance({0}), atomic.available_balance({0}))",
            id(account)
        );
        let answer = self.expect(&sql, expected);
        if let (Ok(()), Some(one)) = (expected, one) {
            let available = one.balance - self.model.promised(account);
            let (balance, available) =
                (self.scale(account, one.balance), self.scale(account, available));
            assert_eq!(answer.unwrap(), format!("{balance} {available}"), "{sql}");
        }
    }

    /// Every row of accounts, and the ledger's own checks.
    fn compare(&mut self) {
        self.client.ask("SET ROLE property_bank").unwrap();
        let rows = self
            .client
            .ask("SELECT concat_ws(' ', balance, held, status) FROM property.accounts ORDER BY id")
            .unwrap();
        for (account, row) in rows.iter().enumerate() {
            let one = &self.model.accounts[account];
            let mut fields = row.split(' ');
            let mut number =
                || (fields.next().unwrap().parse::<f64>().unwrap() * 100.0).round() as Money;
            assert_eq!([number(), number()], [one.balance, one.held], "account {account}: {row}");
            let status = match one.status {
                Status::Open => "open",
                Status::Frozen => "frozen",
                Status::Closed => "closed",
            };
            assert_eq!(fields.next(), Some(status), "account {account}");
        }
        let bad = self
            .client
            .ask("SELECT check_name, detail FROM atomic.verify_ledger('property') WHERE NOT ok")
            .unwrap();
        assert!(bad.is_empty(), "{bad:?}");
        let transfers = self.client.one("SELECT count(*) FROM property.transfers");
        assert_eq!(transfers, self.model.transfers.len().to_string());
    }
}

#[test]
#[ignore = "needs a server; pgrx-config/test runs it"]
fn operations_do_what_the_model_says() {
    let seed = std::env::var("ROWGUARD_PROPERTY_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            now.expect("after 1970").as_nanos() as u64 | 1
        });
    println!("ROWGUARD_PROPERTY_SEED={seed}");
    let mut run = Run {
        client: Client::start(),
        model: Model::default(),
        random: Random(seed),
        caller: Caller::Operator,
        clock: 0,
        met: HashMap::new(),
    };
    for sql in [
        "SET client_min_messages = error",
        "CREATE ROLE property_bank",
        "CREATE ROLE property_user",
        "SELECT rls.grant_to('property_bank', 'migrate'), rls.grant_to('property_bank', 'app'), \
         rls.grant_to('property_user', 'app')",
        "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO property_bank', current_database()); END $$",
        "SET ROLE property_bank",
        "SELECT atomic.create_ledger('property')",
    ] {
        run.client.ask(sql).unwrap_or_else(|state| panic!("{sql}: {state}"));
    }
    for account in 0..ACCOUNTS {
        let currency = usize::from(account >= ACCOUNTS - 2);
        let floor = if account == 0 || account == ACCOUNTS - 1 { None } else { Some(0) };
        let sql = format!(
            "SELECT atomic.open_account({0}, '{1}', {2}, NULL, NULL, {0})",
            id(account),
            ["USD", "JPY"][currency],
            floor.map_or("NULL", |_| "0")
        );
        run.client.ask(&sql).unwrap_or_else(|state| panic!("{sql}: {state}"));
        run.model.accounts.push(Account {
            currency,
            balance: 0,
            held: 0,
            floor,
            ceiling: None,
            status: Status::Open,
        });
    }
    for step in 0..STEPS {
        run.call();
        match run.random.below(26) {
            0..=6 => run.transfer(),
            7..=9 => run.batch(),
            10..=12 => run.hold(),
            13..=14 => run.capture(),
            15 => run.void(),
            16 => run.reverse(),
            17 => run.set_account(),
            18 => run.pass(),
            19 => run.expire(),
            20..=21 => run.begin(),
            22 => run.finish(),
            23 => run.sweep(),
            _ => run.balance(),
        }
        if step % 500 == 499 {
            run.compare();
        }
    }
    println!("{:?}", run.met);
    for code in [
        "done",
        "INVALID_AMOUNT",
        "SAME_ACCOUNT",
        "NOT_AUTHORIZED",
        "ACCOUNT_NOT_FOUND",
        "IDEMPOTENCY_MISMATCH",
        "ACCOUNT_CLOSED",
        "CURRENCY_MISMATCH",
        "LIMIT_EXCEEDED",
        "INSUFFICIENT_FUNDS",
        "HOLD_NOT_FOUND",
        "HOLD_NOT_OPEN",
        "ALREADY_REVERSED",
        "ACCOUNT_NOT_EMPTY",
        "KEY_NOT_BEGUN",
        "KEY_FINISHED",
    ] {
        assert!(run.met.contains_key(code), "{code} was never met; seed {seed}");
    }
}
