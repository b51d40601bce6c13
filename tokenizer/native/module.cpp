// The module tokenizer._native; what it offers is described in tokenizer/_native.pyi.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "counts.h"
#include "encode.h"
#include "learn.h"
#include "split.h"

namespace py = pybind11;
using namespace native;

namespace {

using Offsets = py::array_t<int64_t, py::array::c_style>;
using Ids = py::array_t<uint32_t, py::array::c_style>;
using Items = std::vector<Counts::Item>;

Splitter make_splitter(const std::string& style, const std::string& digits, bool runs) {
  const auto pick = [](const std::string& name, std::initializer_list<const char*> names) {
    const auto it = std::find(names.begin(), names.end(), name);
    if (it == names.end()) throw py::value_error(name);
    return static_cast<int>(it - names.begin());
  };
  return {static_cast<Style>(pick(style, {"gpt2", "cl100k", "o200k"})),
          static_cast<Digits>(pick(digits, {"pattern", "single", "threes"})), runs};
}

// Views of a column: its bytes, where each value begins and the last ends, and the counts.
Items items_of(std::string_view data, const Offsets& offsets, const Offsets& counts) {
  Items items;
  const auto at = offsets.unchecked<1>();
  const auto count = counts.unchecked<1>();
  if (at.shape(0) != count.shape(0) + 1) throw py::value_error("offsets");
  for (py::ssize_t i = 0; i < count.shape(0); ++i) {
    if (at(i) < 0 || at(i) > at(i + 1) || static_cast<size_t>(at(i + 1)) > data.size())
      throw py::value_error("offsets");
    items.emplace_back(data.substr(at(i), at(i + 1) - at(i)), count(i));
  }
  return items;
}

std::string_view view(const py::buffer_info& info) {
  return {static_cast<const char*>(info.ptr), static_cast<size_t>(info.size * info.itemsize)};
}

static_assert(sizeof(Merge) == 2 * sizeof(uint32_t));

Encoder make_encoder(const Splitter& splitter, std::string_view alphabet, uint32_t first_id,
                     const Ids& merges) {
  if (merges.ndim() != 2 || merges.shape(1) != 2) throw py::value_error("merges");
  const auto begin = reinterpret_cast<const Merge*>(merges.data());
  return {splitter, alphabet, first_id, {begin, begin + merges.shape(0)}};
}

py::tuple columns(const Items& items) {
  std::string data;
  Offsets offsets(static_cast<py::ssize_t>(items.size() + 1));
  Offsets counts(static_cast<py::ssize_t>(items.size()));
  *offsets.mutable_data(0) = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    data.append(items[i].first);
    *offsets.mutable_data(i + 1) = static_cast<int64_t>(data.size());
    *counts.mutable_data(i) = items[i].second;
  }
  return py::make_tuple(py::bytes(data), offsets, counts);
}

}  // namespace

PYBIND11_MODULE(_native, m) {
  py::class_<Splitter>(m, "Splitter")
      .def(py::init(&make_splitter), py::arg("style"), py::arg("digits"),
           py::arg("whitespace_runs"))
      .def("split", [](const Splitter& splitter, std::string_view text) {
        py::list pieces;
        splitter.split(text, [&](std::string_view piece) {
          pieces.append(py::str(piece.data(), piece.size()));
        });
        return pieces;
      }, py::arg("text"));

  py::class_<Counts>(m, "Counts")
      .def(py::init<size_t>(), py::arg("limit"))
      .def("add_text", [](Counts& counts, const Splitter& splitter, std::string_view text,
                          int64_t repeats) {
        py::gil_scoped_release release;
        splitter.split(text, [&](std::string_view piece) { counts.add(piece, repeats); });
      }, py::arg("splitter"), py::arg("text"), py::arg("repeats"))
      .def("add_columns", [](Counts& counts, const py::buffer& data, const Offsets& offsets,
                             const Offsets& values) {
        const py::buffer_info info = data.request();
        for (const auto& [key, count] : items_of(view(info), offsets, values))
          counts.add(key, count);
      }, py::arg("data"), py::arg("offsets"), py::arg("counts"))
      .def("shrink", &Counts::shrink, py::arg("limit"))
      .def("columns", [](const Counts& counts) { return columns(counts.items()); })
      .def_property_readonly("error", &Counts::error)
      .def_property_readonly("dropped", &Counts::dropped);

  py::class_<Encoder>(m, "Encoder")
      .def(py::init(&make_encoder), py::arg("splitter"), py::arg("alphabet"), py::arg("first_id"),
           py::arg("merges"))
      .def("encode", [](Encoder& encoder, std::string_view text) {
        std::vector<uint32_t> ids;
        encoder.encode(text, ids);
        return Ids(static_cast<py::ssize_t>(ids.size()), ids.data());
      }, py::arg("text"));

  m.def("learn", [](const py::buffer& data, const Offsets& offsets, const Offsets& counts,
                    std::string_view alphabet, uint32_t first_id, uint32_t vocab_size,
                    int64_t min_frequency) {
    const py::buffer_info info = data.request();
    const Items items = items_of(view(info), offsets, counts);
    std::vector<Merge> merges;
    {
      py::gil_scoped_release release;
      merges = Learner(items, alphabet, first_id).learn(vocab_size, min_frequency);
    }
    Ids rows({static_cast<py::ssize_t>(merges.size()), py::ssize_t{2}});
    if (!merges.empty())
      std::memcpy(rows.mutable_data(), merges.data(), merges.size() * sizeof(Merge));
    return rows;
  }, py::arg("data"), py::arg("offsets"), py::arg("counts"), py::arg("alphabet"),
     py::arg("first_id"), py::arg("vocab_size"), py::arg("min_frequency"));
}
