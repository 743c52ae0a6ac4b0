use std::collections::BTreeMap;

use lithops_lua::storage::{PAGE_OBJECTS, Storage, StorageErrorKind as Kind};
use proptest::prelude::*;

use crate::{BUCKET, debris, fresh, get, keys, kind, put};

#[tokio::test]
async fn listings_are_sorted_by_the_bytes_of_keys() {
    let (_folder, storage) = fresh();
    let mut all =
        ["a/b", "a-b", "a.b", "a0", "ab/c/d", "ab", "é", "z", "A", "a/a/a", "ab-x"].map(String::from).to_vec();
    all.retain(|key| key != "ab");
    for key in &all {
        put(&storage, key, key.clone()).await.unwrap();
    }
    all.sort();
    assert_eq!(keys(&storage, "").await, all);
    for prefix in ["a", "a/", "a/a", "ab/", "ab/c/", "ab/c/d", "nothing", "nothing/at/all", "a0/", "é"] {
        let expected: Vec<_> = all.iter().filter(|key| key.starts_with(prefix)).cloned().collect();
        assert_eq!(keys(&storage, prefix).await, expected, "{prefix}");
    }
    let objects = storage.list_objects(BUCKET, "").await.unwrap().all().await.unwrap();
    for object in objects {
        assert_eq!(object.size_bytes, object.key.len() as u64);
        assert_eq!(object, storage.head_object(BUCKET, &object.key).await.unwrap());
    }
}

#[tokio::test]
async fn listings_come_in_pages() {
    let (_folder, storage) = fresh();
    for number in 0..PAGE_OBJECTS + 5 {
        put(&storage, &format!("{}/{number:05}", number / 400), "").await.unwrap();
    }
    let mut pages = storage.list_objects(BUCKET, "").await.unwrap();
    assert_eq!(pages.next_page().await.unwrap().unwrap().len(), PAGE_OBJECTS);
    // Deleted before its page is read: not an error, and not listed.
    storage.delete_object(BUCKET, &format!("2/{:05}", PAGE_OBJECTS + 1)).await.unwrap();
    let rest: Vec<_> = pages.next_page().await.unwrap().unwrap().into_iter().map(|object| object.key).collect();
    assert_eq!(rest, ["2/01000", "2/01002", "2/01003", "2/01004"]);
    assert_eq!(pages.next_page().await.unwrap(), None);
    assert_eq!(pages.next_page().await.unwrap(), None);
}

#[derive(Debug, Clone)]
enum Step {
    Put(String, Vec<u8>),
    Delete(String),
}

fn a_key() -> impl Strategy<Value = String> {
    // Few names, so that keys meet: as each other's folder, and as themselves.
    proptest::collection::vec(proptest::sample::select(vec!["a", "b", "a-", "é", "0"]), 1..4)
        .prop_map(|segments| segments.join("/"))
}

fn a_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (a_key(), proptest::collection::vec(any::<u8>(), 0..50)).prop_map(|(key, body)| Step::Put(key, body)),
        a_key().prop_map(Step::Delete),
    ]
}

fn conflicts(model: &BTreeMap<String, Vec<u8>>, key: &str) -> bool {
    let below = |one: &str, other: &str| one.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'));
    model.keys().any(|other| below(key, other) || below(other, key))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn storage_behaves_as_a_sorted_map(steps in proptest::collection::vec(a_step(), 1..40), prefix in "[ab/-]{0,3}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (_folder, storage) = fresh();
        let mut model = BTreeMap::new();
        runtime.block_on(async {
            for step in steps {
                match step {
                    Step::Put(key, body) => {
                        let result = put(&storage, &key, body.clone()).await;
                        if conflicts(&model, &key) {
                            assert_eq!(kind(result), Kind::KeyConflict);
                        } else {
                            result.unwrap();
                            model.insert(key, body);
                        }
                    }
                    Step::Delete(key) => {
                        storage.delete_object(BUCKET, &key).await.unwrap();
                        model.remove(&key);
                    }
                }
            }
            let expected: Vec<_> = model.keys().filter(|key| key.starts_with(&prefix)).cloned().collect();
            assert_eq!(keys(&storage, &prefix).await, expected);
            for (key, body) in &model {
                assert_eq!(&get(&storage, key).await.unwrap(), body);
            }
        });
        assert_eq!(debris(&storage), 0);
    }
}
