// SPDX-License-Identifier: LGPL-2.1-or-later
#include "event/mailbox.h"

#include <gtest/gtest.h>

#include <semaphore>
#include <thread>
#include <vector>

namespace lungate::event {
namespace {

/// A letter that notes its number where it is delivered.
struct Note final : Mail {
  static void delivered(Mail& self) noexcept {
    auto& note = static_cast<Note&>(self);
    note.log->push_back(note.number);
  }
  int number = 0;
  std::vector<int>* log = nullptr;
};

class MailboxTest : public testing::Test {
 protected:
  Note note(int number) {
    Note note;
    note.deliver = &Note::delivered;
    note.number = number;
    note.log = &delivered_;
    return note;
  }

  int wakes_ = 0;
  std::vector<int> delivered_;
  Mailbox box_{[](void* self) noexcept { ++*static_cast<int*>(self); }, &wakes_};
};

TEST_F(MailboxTest, DeliversInOrderOfPosting) {
  Note a = note(1), b = note(2), c = note(3);
  for (Note* letter : {&a, &b, &c}) box_.post(*letter);
  EXPECT_EQ(box_.deliver_all(), 3u);
  EXPECT_EQ(delivered_, (std::vector{1, 2, 3}));
}

TEST_F(MailboxTest, WakesOncePerBatch) {
  Note a = note(1), b = note(2);
  box_.post(a);
  box_.post(b);
  EXPECT_EQ(wakes_, 1);
  box_.deliver_all();
  box_.post(a);
  EXPECT_EQ(wakes_, 2);
  box_.deliver_all();
}

TEST_F(MailboxTest, LetterPostedWhileDeliveringWaitsForTheNextBatch) {
  struct Again final : Mail {
    Mailbox* box = nullptr;
    int times = 0;
  } again;
  again.box = &box_;
  again.deliver = [](Mail& self) noexcept {
    auto& letter = static_cast<Again&>(self);
    if (++letter.times == 1) letter.box->post(letter);
  };
  box_.post(again);
  EXPECT_EQ(box_.deliver_all(), 1u);
  EXPECT_EQ(again.times, 1);
  EXPECT_EQ(wakes_, 2);
  EXPECT_EQ(box_.deliver_all(), 1u);
  EXPECT_EQ(again.times, 2);
}

TEST_F(MailboxTest, TakingLeavesTheBoxEmptyAndDeliversNothing) {
  Note a = note(1), b = note(2);
  box_.post(a);
  box_.post(b);
  Mail* const taken = box_.take_all();
  EXPECT_EQ(taken, &a);
  EXPECT_EQ(taken->next_mail, &b);
  EXPECT_EQ(b.next_mail, nullptr);
  EXPECT_EQ(box_.deliver_all(), 0u);
  EXPECT_TRUE(delivered_.empty());
}

TEST(MailboxDeathTest, LettersLeftBehindAreOurMistake) {
  auto forget = [] {
    Note letter;
    Mailbox box([](void*) noexcept {}, nullptr);
    box.post(letter);
  };
  EXPECT_DEATH(forget(), "a mailbox is emptied before it ends");
}

// Eight producers, one consumer that sleeps on the wake-up: nothing is lost, nobody's letters
// overtake each other, and no wake-up is missed (the test would hang).
TEST(MailboxThreads, KeepsEachProducersOrder) {
  constexpr int kProducers = 8;
  constexpr int kLetters = 5000;
  struct Numbered final : Mail {
    int producer = 0;
    int number = 0;
    std::vector<int>* next = nullptr;
  };
  std::vector<int> next(kProducers, 0);
  std::counting_semaphore<> wake(0);
  Mailbox box(
      [](void* context) noexcept { static_cast<std::counting_semaphore<>*>(context)->release(); },
      &wake);

  std::vector<std::vector<Numbered>> letters(kProducers);
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    letters[static_cast<std::size_t>(p)].resize(kLetters);
    producers.emplace_back([&, p] {
      int number = 0;
      for (Numbered& letter : letters[static_cast<std::size_t>(p)]) {
        letter.producer = p;
        letter.number = number++;
        letter.next = &next;
        letter.deliver = [](Mail& self) noexcept {
          auto& mine = static_cast<Numbered&>(self);
          int& expected = (*mine.next)[static_cast<std::size_t>(mine.producer)];
          EXPECT_EQ(mine.number, expected);
          ++expected;
        };
        box.post(letter);
      }
    });
  }
  std::size_t delivered = 0;
  while (delivered < std::size_t{kProducers} * kLetters) {
    wake.acquire();
    delivered += box.deliver_all();
  }
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(next, std::vector<int>(kProducers, kLetters));
  EXPECT_EQ(box.deliver_all(), 0u);
}

}  // namespace
}  // namespace lungate::event
