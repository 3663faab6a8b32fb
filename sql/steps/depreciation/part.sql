-- What depreciation asks of an accelerator: when it came, whether it is a training part, its power, and what
-- a new one costs: the newest price of a new one, else its price at launch.
-- grain: accelerator
with new_prices as (
    select
        prices.accelerator,
        prices.price_usd_per_gpu,
        prices.price_kind || ', ' || prices.price_scope as cost_basis
    from staging.hardware_prices as prices
    where prices.condition = 'new'
    qualify row_number() over (
        partition by prices.accelerator
        order by prices.priced_on desc, prices.price_kind
    ) = 1
)

select
    specs.accelerator,
    specs.available_on,
    forms.is_training_part,
    specs.tdp_w,
    coalesce(new_prices.price_usd_per_gpu, specs.launch_price_usd) as cost_usd_per_gpu,
    coalesce(
        new_prices.cost_basis,
        case when specs.launch_price_usd is not null then 'launch price, card' end
    ) as cost_basis
from staging.accelerators as specs
left join staging.form_factors as forms on specs.form_factor = forms.form_factor
left join new_prices on specs.accelerator = new_prices.accelerator
order by specs.accelerator
