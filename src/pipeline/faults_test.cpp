// Every call of every store fails once, before or after it worked, while a load, an approval or an undo is under way.
// Then the program starts again, the person tries again, and everything must be as if nothing had happened.
#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pipeline/testing/pipeline_rig.hpp"
#include "pipeline/testing/zip_maker.hpp"

namespace inlet {
namespace {

using Rows = std::vector<std::string>;
using State = SubmissionState;

constexpr std::string_view kProject = R"(
project: test
datasets:
  stock:
    schema: {fields: [{name: id, type: integer}, {name: n, type: integer}], primaryKey: [id]}
    write: sync
    rejects: {max_rows: 1, then: publish_rest}
    deletes: {policy: missing, max_rows: 1, on_rejects: keep_broken}
  people:
    schema: {fields: [{name: id, type: integer}, {name: name, type: string}], primaryKey: [id]}
    write: append
    rejects: {max_rows: 2, then: publish_rest}
packages:
  drop: {match: data.zip, members: {stock.csv: stock, people.csv: people}}
)";

enum class Store { objects, catalog, warehouse };

struct Fault {
    Store store = Store::objects;
    bool after = false;
    std::uint64_t nth = 1;
};

std::string describe(const Fault& fault) {
    static constexpr std::string_view kNames[] = {"objects", "catalog", "warehouse"};
    return fmt::format("call {} of {} {} it works", fault.nth, kNames[static_cast<int>(fault.store)],
                       fault.after ? "after" : "before");
}

void arm(PipelineRig& rig, const Fault& fault) {
    switch (fault.store) {
    case Store::objects:
        rig.objects->fail_at(fault.nth, fault.after ? FaultObjectStore::When::after : FaultObjectStore::When::before);
        break;
    case Store::catalog:
        rig.catalog->fail_at(fault.nth, fault.after ? FaultCatalog::When::after : FaultCatalog::When::before);
        break;
    case Store::warehouse:
        rig.warehouse->fail_at(fault.nth, FailureCode::warehouse_failed,
                               fault.after ? FaultWarehouse::Moment::after : FaultWarehouse::Moment::before);
        break;
    }
}

std::uint64_t calls(const PipelineRig& rig, Store store) {
    switch (store) {
    case Store::objects:
        return rig.objects->calls();
    case Store::catalog:
        return rig.catalog->calls();
    case Store::warehouse:
        return rig.warehouse->calls().size();
    }
    return 0;
}

// Plays `act` with each call failing once, until one passes that makes fewer calls; then `verify`.
void fail_every_call(const std::function<void(PipelineRig&)>& prepare, const std::function<void(PipelineRig&)>& act,
                     const std::function<void(PipelineRig&)>& verify) {
    std::uint64_t played = 0;
    for (const Store store : {Store::objects, Store::catalog, Store::warehouse}) {
        for (const bool after : {false, true}) {
            for (std::uint64_t nth = 1;; ++nth) {
                const Fault fault{store, after, nth};
                SCOPED_TRACE(describe(fault));
                PipelineRig rig(kProject);
                prepare(rig);
                const std::uint64_t before = calls(rig, store);
                arm(rig, fault);
                act(rig);
                const bool fired = calls(rig, store) - before >= nth;
                rig.heal();
                if (!fired) break;
                ++played;
                const Status recovered = rig.restart();
                ASSERT_TRUE(recovered) << to_string(recovered.error());
                verify(rig);
                EXPECT_EQ(rig.left_over(), Rows{});
                if (testing::Test::HasFailure()) return;
            }
        }
    }
    EXPECT_GT(played, 10U) << "hardly anything was tried";
}

std::string package() {
    return make_zip({{"people.csv", "id,name\n1,x\n2,bert\ny,z\n"}, {"stock.csv", "id,n\n1,10\n4,broken\n"}});
}

void prepare_tables(PipelineRig& rig) {
    rig.load("stock", "id,n\n1,1\n2,2\n3,3\n4,4\n");
    rig.load("people", "id,name\n1,anna\n");
}

const Delivery kDelivery{.target = "drop", .target_is_package = true, .file_name = "data.zip", .by = "anna"};

std::vector<SubmissionRecord> select(PipelineRig& rig, const std::function<bool(const SubmissionRecord&)>& test) {
    std::vector<SubmissionRecord> records = rig.records();
    std::erase_if(records, [&](const SubmissionRecord& record) { return !test(record); });
    return records;
}

bool is_published_package(const SubmissionRecord& record) {
    return record.kind == SubmissionKind::delivery && record.target == "drop" && record.state == State::published;
}

// The package stands, once; what it would have deleted waits, once.
void expect_package(PipelineRig& rig) {
    EXPECT_EQ(rig.rows("people"), (Rows{"1|anna", "2|bert"}));
    EXPECT_EQ(rig.rows("stock"), (Rows{"1|10", "2|2", "3|3", "4|4"}));
    EXPECT_EQ(rig.warehouse->versions("people", 100)->size(), 2U);
    EXPECT_EQ(rig.warehouse->versions("stock", 100)->size(), 2U);
    const auto published = select(rig, is_published_package);
    ASSERT_EQ(published.size(), 1U);
    const SubmissionRecord& record = published.front();
    ASSERT_EQ(record.parts.size(), 2U);
    EXPECT_EQ(record.parts[0].rejected, 2U);
    EXPECT_EQ(record.parts[0].inserted, 1U);
    EXPECT_EQ(record.parts[1].updated, 1U);
    EXPECT_EQ(record.parts[1].held_deletes, 2U);
    EXPECT_NE(rig.rejects(record.id, 0).find("1,primary-key,id,"), std::string::npos);
    EXPECT_NE(rig.errors(record.id, 1), "");
    const auto waiting = select(rig, [&](const SubmissionRecord& child) { return child.parent == record.id; });
    ASSERT_EQ(waiting.size(), 1U);
    EXPECT_EQ(waiting.front().state, State::held);
    EXPECT_EQ(waiting.front().asked_deletes.at("stock"), 2U);
}

TEST(Faults, OfALoadThatIsSentAgain) {
    fail_every_call(
        prepare_tables, [](PipelineRig& rig) { (void)rig.try_load(kDelivery, package()); },
        [](PipelineRig& rig) {
            const auto record = rig.try_load(kDelivery, package());
            ASSERT_TRUE(record) << to_string(record.error());
            EXPECT_EQ(record->state, State::published) << record->reason;
            expect_package(rig);
        });
}

TEST(Faults, OfALoadThatIsRetried) {
    fail_every_call(
        prepare_tables, [](PipelineRig& rig) { (void)rig.try_load(kDelivery, package()); },
        [](PipelineRig& rig) {
            const auto sent = select(rig, [](const SubmissionRecord& record) {
                return record.target == "drop" && record.kind == SubmissionKind::delivery;
            });
            // As an operator does: what failed or waits is run; what never arrived is sent again.
            if (!sent.empty() && !sent.back().raw_sha256.empty() && sent.back().state != State::published) {
                const auto retried = rig.pipeline().retry(sent.back().id, "boss");
                ASSERT_TRUE(retried) << to_string(retried.error());
                EXPECT_EQ(retried->state, State::published) << retried->reason;
            } else if (select(rig, is_published_package).empty()) {
                ASSERT_TRUE(rig.try_load(kDelivery, package()));
            }
            expect_package(rig);
        });
}

TEST(Faults, OfAPlainFileThatIsCheckedAsItComes) {
    const Delivery delivery{.target = "people", .file_name = "people.csv"};
    const std::string_view text = "id,name\n1,x\n2,bert\ny,z\n";
    fail_every_call(
        prepare_tables, [&](PipelineRig& rig) { (void)rig.try_load(delivery, text); },
        [&](PipelineRig& rig) {
            const auto record = rig.try_load(delivery, text);
            ASSERT_TRUE(record) << to_string(record.error());
            EXPECT_EQ(record->state, State::published) << record->reason;
            EXPECT_EQ(record->parts.at(0).rejected, 2U);
            EXPECT_EQ(rig.rows("people"), (Rows{"1|anna", "2|bert"}));
            EXPECT_EQ(rig.warehouse->versions("people", 100)->size(), 2U);
        });
}

SubmissionRecord the_held_one(PipelineRig& rig) {
    const auto held =
        select(rig, [](const SubmissionRecord& record) { return record.kind == SubmissionKind::held_deletes; });
    EXPECT_EQ(held.size(), 1U);
    return held.at(0);
}

TEST(Faults, OfAnApproval) {
    fail_every_call(
        [](PipelineRig& rig) {
            prepare_tables(rig);
            rig.load_package("drop", package());
        },
        [](PipelineRig& rig) { (void)rig.pipeline().approve(the_held_one(rig).id, "boss"); },
        [](PipelineRig& rig) {
            const SubmissionRecord held = the_held_one(rig);
            if (held.state == State::held) {
                ASSERT_TRUE(rig.pipeline().approve(held.id, "boss"));
            } else if (held.state != State::published) {
                ASSERT_TRUE(rig.pipeline().retry(held.id, "boss"));
            }
            EXPECT_EQ(the_held_one(rig).state, State::published) << the_held_one(rig).reason;
            EXPECT_EQ(the_held_one(rig).parts.at(0).deleted, 2U);
            EXPECT_EQ(rig.rows("stock"), (Rows{"1|10", "4|4"}));
            EXPECT_EQ(rig.warehouse->versions("stock", 100)->size(), 3U);
        });
}

TEST(Faults, OfAnUndo) {
    fail_every_call(
        [](PipelineRig& rig) {
            prepare_tables(rig);
            rig.load_package("drop", package());
        },
        [](PipelineRig& rig) {
            const SubmissionId id = select(rig, is_published_package).at(0).id;
            (void)rig.pipeline().undo({id}, false, false, "boss");
        },
        [](PipelineRig& rig) {
            const auto package_of = [](const SubmissionRecord& record) {
                return record.kind == SubmissionKind::delivery && record.target == "drop";
            };
            const SubmissionRecord target = select(rig, package_of).at(0);
            if (target.state == State::published) {
                const auto undone = rig.pipeline().undo({target.id}, false, false, "boss");
                ASSERT_TRUE(undone) << to_string(undone.error());
            }
            EXPECT_EQ(rig.record(target.id).state, State::undone);
            EXPECT_EQ(the_held_one(rig).state, State::cancelled);
            EXPECT_EQ(rig.rows("people"), Rows{"1|anna"});
            EXPECT_EQ(rig.rows("stock"), (Rows{"1|1", "2|2", "3|3", "4|4"}));
            EXPECT_EQ(rig.warehouse->versions("stock", 100)->size(), 3U);
            const auto done = select(rig, [](const SubmissionRecord& record) {
                return record.kind == SubmissionKind::undo && record.state == State::published;
            });
            ASSERT_EQ(done.size(), 1U);
            EXPECT_EQ(done.front().undoes, std::vector{target.id});
        });
}

} // namespace
} // namespace inlet
