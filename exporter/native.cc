// SPDX-License-Identifier: LGPL-2.1-or-later

// Families as delimited messages of io.prometheus.client.MetricFamily. The site calls it on the
// page thread. Written by hand: a dozen fields need no generated code and no library. The numbers
// of the fields are those of Prometheus's metrics.proto. Messages within messages are made in
// strings that are kept from one series to the next.
//
// All classic buckets are sent beside the native ones: exemplars hang on them, and a server that is
// told to keep both (scrape_classic_histograms) has both.
#include "exporter/native.h"

#include <array>
#include <cmath>

#include "exporter/protobuf.h"
#include "exporter/text_tools.h"

namespace lungate::exporter {
namespace {

using namespace protobuf;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using telemetry::kBins;

constexpr double kZeroThreshold = 1e-6;  // the ladder's first edge: what is below is bin 0
static_assert(telemetry::kEdgesNs[0] == 1'000);

// The bin's middle, on the logarithmic scale that the buckets are made on.
int make_index(std::size_t bin) {
  const std::size_t last = bin < telemetry::kAboveBin ? bin : telemetry::kAboveBin - 1;
  const double low = seconds(telemetry::kEdgesNs[last - 1]);
  const double high = seconds(telemetry::kEdgesNs[last]);
  const int index = static_cast<int>(std::ceil(std::log2(std::sqrt(low * high)) * 8));
  return bin < telemetry::kAboveBin ? index : index + 1;
}

std::array<int, kBins> make_indices() {
  std::array<int, kBins> indices{};
  for (std::size_t bin = 1; bin < kBins; ++bin) indices[bin] = make_index(bin);
  return indices;
}

/// One bucket of the result.
struct Bucket {
  int index;
  std::uint64_t count;
};

// Neighbouring bins may share a bucket; an empty bin makes none.
std::vector<Bucket> buckets_of(const telemetry::Histogram& histogram) {
  std::vector<Bucket> buckets;
  for (std::size_t bin = 1; bin < kBins; ++bin) {
    if (histogram.bins[bin] == 0) continue;
    const int index = native_index(bin);
    if (buckets.empty() || buckets.back().index != index) buckets.push_back({index, 0});
    buckets.back().count += histogram.bins[bin];
  }
  return buckets;
}

class Writer {
 public:
  Writer(std::string& out, const Exemplars& exemplars) : out_(out), exemplars_(exemplars) {}

  /// `fine` is empty or has one for each series.
  void write(const MetricFamily& family, const std::vector<telemetry::Histogram>& fine) {
    family_.clear();
    append_bytes(family_, 1, family.name);
    append_bytes(family_, 2, family.help);
    append_uint(family_, 3, type_number(family.type));
    for (std::size_t i = 0; i < family.metric.size(); ++i) {
      write(family, family.metric[i], i < fine.size() ? &fine[i] : nullptr);
    }
    append_varint(out_, family_.size());
    out_.append(family_);
  }

 private:
  static std::uint64_t type_number(MetricType type) {
    switch (type) {
      case MetricType::Counter:
        return 0;
      case MetricType::Gauge:
        return 1;
      case MetricType::Histogram:
        return 4;
      default:
        return 3;  // untyped; a summary is none of ours
    }
  }

  void write(const MetricFamily& family, const ClientMetric& metric,
             const telemetry::Histogram* fine) {
    metric_.clear();
    append_labels(metric_, metric.label);
    value_.clear();
    switch (family.type) {
      case MetricType::Counter:
        append_double(value_, 1, metric.counter.value);
        append_bytes(metric_, 3, value_);
        break;
      case MetricType::Histogram:
        append_classic(metric.histogram, exemplars_.of(family.name, metric.label));
        if (fine != nullptr) append_fine(*fine);
        append_bytes(metric_, 7, value_);
        break;
      case MetricType::Gauge:
        append_double(value_, 1, metric.gauge.value);
        append_bytes(metric_, 2, value_);
        break;
      default:
        append_double(value_, 1, metric.untyped.value);
        append_bytes(metric_, 5, value_);
    }
    append_bytes(family_, 4, metric_);
  }

  void append_labels(std::string& to, const Labels& labels) {
    for (const auto& label : labels) {
      small_.clear();
      append_bytes(small_, 1, label.name);
      append_bytes(small_, 2, label.value);
      append_bytes(to, 1, small_);
    }
  }

  // The last bucket is +Inf's: it is optional, and an exemplar may hang on it.
  void append_classic(const ClientMetric::Histogram& histogram, const BucketExemplars* exemplars) {
    append_uint(value_, 1, histogram.sample_count);
    append_double(value_, 2, histogram.sample_sum);
    for (std::size_t i = 0; i <= histogram.bucket.size(); ++i) {
      const bool last = i == histogram.bucket.size();
      bucket_.clear();
      append_uint(bucket_, 1, last ? histogram.sample_count : histogram.bucket[i].cumulative_count);
      append_double(bucket_, 2, last ? HUGE_VAL : histogram.bucket[i].upper_bound);
      if (exemplars != nullptr && i < exemplars->size() && (*exemplars)[i]) {
        append_exemplar(*(*exemplars)[i]);
      }
      append_bytes(value_, 3, bucket_);
    }
  }

  // Its time is a google.protobuf.Timestamp; a server takes none without.
  void append_exemplar(const Exemplar& exemplar) {
    exemplar_.clear();
    append_labels(exemplar_, exemplar.labels);
    append_double(exemplar_, 2, exemplar.value);
    small_.clear();
    append_uint(small_, 1, static_cast<std::uint64_t>(exemplar.time_ms / 1000));
    append_uint(small_, 2, static_cast<std::uint64_t>(exemplar.time_ms % 1000) * 1'000'000);
    append_bytes(exemplar_, 3, small_);
    append_bytes(bucket_, 3, exemplar_);
  }

  // Spans name the buckets that are there (the first by its index, the others by the gap before
  // them), deltas their counts, each as the difference to the one before.
  void append_fine(const telemetry::Histogram& fine) {
    append_sint(value_, 5, kNativeSchema);
    append_double(value_, 6, kZeroThreshold);
    append_uint(value_, 7, fine.bins[telemetry::kBelowBin]);
    const std::vector<Bucket> buckets = buckets_of(fine);
    packed_.clear();
    std::uint64_t before = 0;
    int next = 0;
    for (std::size_t i = 0; i < buckets.size();) {
      std::size_t end = i + 1;
      while (end < buckets.size() && buckets[end].index == buckets[end - 1].index + 1) ++end;
      append_span(buckets[i].index - next, end - i);
      for (; i < end; ++i) {
        append_varint(packed_, zigzag(static_cast<std::int64_t>(buckets[i].count - before)));
        before = buckets[i].count;
        next = buckets[i].index + 1;
      }
    }
    if (!packed_.empty()) append_bytes(value_, 13, packed_);
  }

  void append_span(int offset, std::size_t length) {
    small_.clear();
    append_sint(small_, 1, offset);
    append_uint(small_, 2, length);
    append_bytes(value_, 12, small_);
  }

  std::string& out_;
  const Exemplars& exemplars_;
  std::string family_, metric_, value_, bucket_, exemplar_, small_, packed_;
};

}  // namespace

int native_index(std::size_t bin) {
  static const std::array<int, kBins> indices = make_indices();
  return indices[bin];
}

std::string to_native(const Families& page, const Exemplars& exemplars) {
  std::string out;
  out.reserve(page.text_bytes);  // the same page as text is larger
  Writer writer(out, exemplars);
  static const std::vector<telemetry::Histogram> none;
  for (std::size_t i = 0; i < page.families.size(); ++i) {
    writer.write(page.families[i], i < page.fine.size() ? page.fine[i] : none);
  }
  give_back_room(out);
  return out;
}

}  // namespace lungate::exporter
