//! The Pulse scopes, as the schema names them.

use xentri_domain::kernel::Scope;

use crate::graphql::error::ReadError;
use crate::graphql::words::words;

words! {
    /// How far above the daily work somebody looks. Modules lie below subcategories, these below categories, and all below the
    /// strategy.
    PulseScope, "scope of Pulse" {
        /// All of the company.
        Strategy => "strategy",
        /// The strategy itself.
        CategoryStrategy => "category.strategy",
        /// Selling.
        CategorySales => "category.sales",
        /// Money.
        CategoryFinance => "category.finance",
        /// How the company shows itself.
        CategoryBrand => "category.brand",
        /// Where the company goes.
        SubcategoryDirection => "subcategory.direction",
        /// Customers.
        SubcategoryCrm => "subcategory.crm",
        /// What is owed.
        SubcategoryReceivables => "subcategory.receivables",
        /// The web.
        SubcategoryWeb => "subcategory.web",
        /// The brief.
        ModuleBrief => "module.brief",
        /// Leads.
        ModuleLeads => "module.leads",
        /// Invoices.
        ModuleInvoicing => "module.invoicing",
        /// Sites and pages.
        ModuleWebsite => "module.website",
    }
}

impl PulseScope {
    pub(in crate::graphql) fn scope(self) -> Result<Scope, ReadError> {
        Scope::parse(self.word()).map_err(|_| ReadError::Unreadable("scope of Pulse"))
    }
}
