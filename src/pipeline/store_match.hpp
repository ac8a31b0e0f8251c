// Whether a catalog and a warehouse are of one data folder and of one time. Floor 5.
#pragma once

#include "catalog/catalog.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

// A store that was lost, or put back from an older copy, must not be worked on, nor be read as if that were all: ids
// would be given twice, and what was published would seem not to be. Errors: catalog-failed, warehouse-failed, each
// saying which store to put back.
Status stores_belong_together(Catalog& catalog, Warehouse& warehouse);

// The same where no warehouse is there at all, before an empty one is made: warehouse-failed if something was
// published.
Status warehouse_not_lost(Catalog& catalog);

} // namespace inlet
