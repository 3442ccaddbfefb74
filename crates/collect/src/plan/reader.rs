//! Reads one type in one account and Region.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use sekisho_model::{Gap, Map, Resource, Timestamp, Unknown, UnknownKind, Value};
use sekisho_rules::cel::{Program, Truth};
use sekisho_rules::packs::{Batch, Call, Kind, List, ResourcePack, Source};

use super::cache::CallCache;
use super::frame::{Frame, Place, parent_value};
use super::items::items_at;
use super::shape::shape;
use super::{AccountPlan, TypeRead};
use crate::aws::BoxFuture;

/// Elements whose calls are in flight at the same time; the client limits further.
const ELEMENTS_AT_ONCE: usize = 32;
/// Polling (`until`): pause and number of attempts.
const POLL_PAUSE: Duration = Duration::from_millis(500);
const POLLS_MAX: usize = 60;

/// Answers by the index of their element.
type Answers = Vec<(usize, Arc<Value>)>;

/// Everything that reading needs to know about the place.
pub(crate) struct Reader<'s> {
    pub(crate) cache: &'s CallCache,
    pub(crate) now: Timestamp,
    pub(crate) plan: &'s AccountPlan,
    pub(crate) region: &'s str,
}

impl Reader<'_> {
    fn place(&self) -> Place {
        let account = &self.plan.account;
        Place {
            account: account.id.clone(),
            region: self.region.to_owned(),
            partition: account.partition.clone(),
            now: self.now,
        }
    }

    fn gap(&self, pack: &ResourcePack, why: &Unknown) -> Gap {
        Gap {
            type_name: pack.type_name.clone(),
            account: self.plan.account.id.clone(),
            region: self.region.to_owned(),
            unknown: why.clone(),
        }
    }

    /// All resources of the pack's type here, or why they are not known.
    pub(crate) async fn read(&self, pack: &ResourcePack, parent: Option<&TypeRead>) -> TypeRead {
        let mut base = Frame::new(pack, self.place());
        for call in &pack.once {
            base = self.one_call(pack, call, base).await;
        }
        if pack.kind == Kind::Setting {
            return TypeRead { resources: shape(pack, &base).into_iter().collect(), gap: None };
        }
        let (mut frames, mut gap) = (Vec::new(), None);
        for parent_frame in self.parent_frames(pack, &base, parent, &mut gap) {
            match self.list(pack, parent_frame).await {
                Ok(found) => frames.extend(found),
                Err(why) => gap = gap.or_else(|| Some(self.gap(pack, &why))),
            }
        }
        let (frames, unplaced) = self.located(pack, frames).await;
        let gap = gap.or_else(|| unplaced.map(|why| self.gap(pack, &why)));
        let frames = self.all_calls(pack, &pack.each, frames).await;
        let resources: Vec<Resource> = frames.iter().filter_map(|frame| shape(pack, frame)).collect();
        TypeRead { resources, gap }
    }

    /// One frame per parent; just one for types without.
    fn parent_frames(
        &self,
        pack: &ResourcePack,
        base: &Frame,
        parent: Option<&TypeRead>,
        gap: &mut Option<Gap>,
    ) -> Vec<Frame> {
        if pack.parent.is_none() {
            return vec![base.clone()];
        }
        let Some(parent) = parent else { return Vec::new() };
        if let Some(parent_gap) = &parent.gap {
            *gap = Some(self.gap(pack, &parent_gap.unknown));
        }
        let with_parent = |resource: &Resource| {
            let mut frame = base.clone();
            frame.move_to(pack, &resource.region);
            frame.set(pack, "parent", Arc::new(parent_value(resource)));
            frame
        };
        parent.resources.iter().map(with_parent).collect()
    }

    async fn list(&self, pack: &ResourcePack, base: Frame) -> Result<Vec<Frame>, Arc<Unknown>> {
        let Some(list) = &pack.list else { return Ok(Vec::new()) };
        match list.when.as_ref().map(|condition| base.truth(condition)) {
            Some(Truth::False) => return Ok(Vec::new()),
            Some(Truth::Unknown(why)) => return Err(why),
            Some(Truth::True) | None => {}
        }
        let elements = self.elements(list, &base).await?;
        let mut frames = Vec::with_capacity(elements.len());
        for element in elements {
            if let Value::Unknown(why) = element {
                return Err(why);
            }
            let mut frame = base.clone();
            frame.set(pack, "item", Arc::new(element));
            // An element that may or may not belong is kept: it is looked at rather than overlooked.
            if list.keep.as_ref().is_none_or(|condition| frame.truth(condition) != Truth::False) {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    async fn elements(&self, list: &List, base: &Frame) -> Result<Vec<Value>, Arc<Unknown>> {
        match &list.source {
            Source::Value(program) => match base.value(program) {
                Value::Unknown(why) => Err(why),
                Value::List(items) => Ok(items.into_vec()),
                Value::Null => Ok(Vec::new()),
                one => Ok(vec![one]),
            },
            Source::Operation(operation) => {
                let parameters = match base.parameters(&list.with) {
                    Ok(parameters) => parameters,
                    Err(unknown) => return Err(unknown_of(&unknown, operation)),
                };
                let region = target_region(list.region.as_ref(), base);
                match self.cache.call(&self.plan.account, &region, operation, parameters).await {
                    Ok(answer) => Ok(items_at(&answer, &list.items)),
                    Err(refusal) if list.absent_on.contains(&refusal.code) => Ok(Vec::new()),
                    Err(refusal) => Err(refusal.unknown),
                }
            }
        }
    }

    /// Puts elements of a global list into their Regions; those outside the scan are left out. One whose Region is not
    /// known cannot be told from what was kept of it under its Region, so it is not there: the second value says why.
    async fn located(&self, pack: &ResourcePack, frames: Vec<Frame>) -> (Vec<Frame>, Option<Arc<Unknown>>) {
        let Some(region) = &pack.region else { return (frames, None) };
        let frames = self.all_calls(pack, &pack.locate, frames).await;
        let (mut placed, mut unplaced) = (Vec::with_capacity(frames.len()), None);
        for mut frame in frames {
            match frame.value(region) {
                Value::Unknown(why) => unplaced = unplaced.or(Some(why)),
                Value::String(region) if self.plan.regions.iter().any(|scanned| **scanned == *region) => {
                    frame.move_to(pack, &region);
                    placed.push(frame);
                }
                Value::String(_) => {}
                // The pack says of such elements that they have no Region: they stay at home.
                _ => placed.push(frame),
            }
        }
        (placed, unplaced)
    }

    /// Makes the calls one after the other, each for all elements.
    async fn all_calls(&self, pack: &ResourcePack, calls: &[Call], mut frames: Vec<Frame>) -> Vec<Frame> {
        for call in calls {
            frames = match &call.batch {
                Some(batch) => self.batched(pack, call, batch, frames).await,
                None => {
                    let each = frames.into_iter().map(|frame| self.one_call(pack, call, frame));
                    stream::iter(each).buffered(ELEMENTS_AT_ONCE).collect().await
                }
            };
        }
        frames
    }

    async fn one_call(&self, pack: &ResourcePack, call: &Call, mut frame: Frame) -> Frame {
        let answer = match call.when.as_ref().map(|condition| frame.truth(condition)) {
            Some(Truth::False) => Arc::new(Value::Null),
            Some(Truth::Unknown(why)) => Arc::new(Value::Unknown(why)),
            Some(Truth::True) | None => self.answer(pack, call, &frame).await,
        };
        frame.set(pack, &call.name, answer);
        frame
    }

    async fn answer(&self, pack: &ResourcePack, call: &Call, frame: &Frame) -> Arc<Value> {
        let operation = match &call.source {
            Source::Value(program) => return Arc::new(frame.value(program)),
            Source::Operation(operation) => operation,
        };
        let parameters = match frame.parameters(&call.with) {
            Ok(parameters) => parameters,
            Err(unknown) => return Arc::new(unknown),
        };
        let region = target_region(call.region.as_ref(), frame);
        let mut answer = self.called(call, &region, operation, parameters.clone(), false).await;
        if let Some(until) = &call.until {
            let mut polls = 0;
            let mut seen = frame.clone();
            seen.set(pack, &call.name, answer.clone());
            while seen.truth(until) == Truth::False {
                polls += 1;
                if polls >= POLLS_MAX {
                    let message = format!("was not ready after {POLLS_MAX} attempts");
                    return Arc::new(Unknown { source: operation.clone(), kind: UnknownKind::Failed, message }.into());
                }
                tokio::time::sleep(POLL_PAUSE).await;
                answer = self.called(call, &region, operation, parameters.clone(), true).await;
                seen.set(pack, &call.name, answer.clone());
            }
        }
        answer
    }

    async fn called(&self, call: &Call, region: &str, operation: &str, parameters: Map, again: bool) -> Arc<Value> {
        let account = &self.plan.account;
        let answer = if again {
            self.cache.ask_again(account, region, operation, parameters).await
        } else {
            self.cache.call(account, region, operation, parameters).await
        };
        match (answer, &call.items) {
            (Ok(answer), None) => answer,
            (Ok(answer), Some(path)) => Arc::new(Value::from(items_at(&answer, path))),
            (Err(refusal), _) if call.absent_on.contains(&refusal.code) => Arc::new(Value::Null),
            (Err(refusal), _) => Arc::new(Value::Unknown(refusal.unknown)),
        }
    }

    /// One call for many elements. Elements with equal other parameters (and Region) share calls.
    async fn batched(&self, pack: &ResourcePack, call: &Call, batch: &Batch, mut frames: Vec<Frame>) -> Vec<Frame> {
        let mut groups: BTreeMap<String, Vec<(usize, Value)>> = BTreeMap::new();
        let mut settled: Answers = Vec::new();
        for (at, frame) in frames.iter_mut().enumerate() {
            frame.set(pack, "ids", Arc::new(Value::Null));
            match call.when.as_ref().map(|condition| frame.truth(condition)) {
                Some(Truth::False) => continue,
                Some(Truth::Unknown(why)) => {
                    settled.push((at, Arc::new(Value::Unknown(why))));
                    continue;
                }
                Some(Truth::True) | None => {}
            }
            match (frame.value(&batch.ids), frame.parameters(&call.with)) {
                (unknown @ Value::Unknown(_), _) | (_, Err(unknown)) => settled.push((at, Arc::new(unknown))),
                (Value::Null, _) => {}
                (id, Ok(others)) => {
                    let key = format!("{} {}", frame.place.region, Value::Map(others));
                    groups.entry(key).or_default().push((at, id));
                }
            }
        }
        let chunks: Vec<Vec<(usize, Value)>> = groups
            .into_values()
            .flat_map(|group| group.chunks(batch.size).map(<[_]>::to_vec).collect::<Vec<_>>())
            .collect();
        let calls: Vec<BoxFuture<'_, Answers>> = chunks
            .iter()
            .map(|chunk| -> BoxFuture<'_, _> { Box::pin(self.chunk(pack, call, batch, chunk, &frames)) })
            .collect();
        let answers: Vec<Answers> = stream::iter(calls).buffered(ELEMENTS_AT_ONCE).collect().await;
        for (at, value) in answers.into_iter().flatten().chain(settled) {
            if let Some(frame) = frames.get_mut(at) {
                frame.set(pack, &call.name, value);
            }
        }
        frames
    }

    async fn chunk(
        &self,
        pack: &ResourcePack,
        call: &Call,
        batch: &Batch,
        chunk: &[(usize, Value)],
        frames: &[Frame],
    ) -> Answers {
        let Some(mut frame) = chunk.first().and_then(|(at, _)| frames.get(*at)).cloned() else { return Vec::new() };
        frame.set(pack, "ids", Arc::new(Value::List(chunk.iter().map(|(_, id)| id.clone()).collect())));
        let answer = self.answer(pack, call, &frame).await;
        if let Value::Unknown(_) = *answer {
            return chunk.iter().map(|(at, _)| (*at, answer.clone())).collect();
        }
        let mut by_id: BTreeMap<String, Arc<Value>> = BTreeMap::new();
        for result in items_at(&answer, &batch.items) {
            let result = Arc::new(result);
            frame.set(pack, "result", result.clone());
            by_id.insert(frame.value(&batch.matching).to_string(), result);
        }
        chunk.iter().map(|(at, id)| (*at, by_id.get(&id.to_string()).cloned().unwrap_or_default())).collect()
    }
}

fn target_region(region: Option<&Program>, frame: &Frame) -> String {
    region
        .and_then(|program| frame.value(program).as_str().map(str::to_owned))
        .unwrap_or_else(|| frame.place.region.clone())
}

fn unknown_of(value: &Value, operation: &str) -> Arc<Unknown> {
    let missing = || {
        Arc::new(Unknown {
            source: operation.to_owned(),
            kind: UnknownKind::Failed,
            message: "a parameter is not known".into(),
        })
    };
    value.as_unknown().cloned().unwrap_or_else(missing)
}
